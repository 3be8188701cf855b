"""What is wrong with what a training or a command was given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import closest

# An option and its value; what may stand behind one and is no value.
_OPTION = re.compile(
    r"--(?P<name>[a-z][a-z-]*)(?: (?P<value>'[^']*'|[^\s,;-][^\s,;]*))?"
)
_PROSE = {"and", "as", "for", "if", "in", "or", "to", "with"}
_FLAGS = {"header", "skip_bad"}
_COMMAND = re.compile(r"(?:the command|pip|keras-residual)\b")


class RunError(ResidualError):
    """Says what of a run went wrong.

    Options of the command line are arguments of Python, so `write` may name options:
    who calls from Python reads arguments.

    Args:
        where: As in `ResidualError`.
        write: As there.
        switch: What may be written instead where data is trained on: an option that
            `predict` has not, since it reads as the training did.
        **said: What else `ResidualError` takes.
    """

    def __init__(
        self, where: str, *, write: str = "", switch: str = "", **said: Any
    ) -> None:
        self._alone = write
        write += f"; or {switch}" if switch else ""
        super().__init__(where, write=write, **said)

    def without_switch(self) -> RunError:
        """Returns the same error as `predict` says it."""
        return type(self)(
            self.where, given=self.given, needed=self.needed, write=self._alone
        )

    @staticmethod
    def in_python(write: str) -> str:
        """Returns advice with an argument for each option, commands as they are."""
        return write if _COMMAND.match(write) else _OPTION.sub(_argument, write)


def _argument(found: re.Match[str]) -> str:
    """Writes an option as the argument that it is in Python."""
    name, value = found["name"].replace("-", "_"), found["value"]
    if value and value not in _PROSE:
        plain = value[0] == "'" or re.fullmatch(r"-?[0-9][0-9.e-]*", value)
        return f"{name}={value if plain else repr(value)}"
    said = "=False" if name.startswith("no_") else "=True" if name in _FLAGS else "=..."
    return name.removeprefix("no_") + said + (f" {value}" if value else "")


class InputError(RunError):
    """Says that the data, the recipe or the options of a run cannot be used."""


class SaveError(RunError):
    """Says that a file of a run could not be written, and that nothing was lost."""


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Says what to do where a file cannot be written.

    Args:
        path: The file or the folder that is written.

    Raises:
        SaveError: The disk is full, the folder is gone or may not be written to.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:  # HDF5 raises both of a full disk
        raise not_written(path, error) from error


def not_written(path: Path, error: Exception) -> SaveError:
    """Returns the error of a file that could not be written.

    Args:
        path: The file or the folder.
        error: What the system said.
    """
    full = getattr(error, "errno", None) in (ENOSPC, EDQUOT, EFBIG)
    right = f"room for it in {path.parent}" if full else f"the right to write {path}"
    return SaveError(
        f"Run folder {path.parent}: {path.name} cannot be written.",
        given=f"{type(error).__name__}: {error!s:.200}",
        needed="What was saved before is whole. Nothing was saved since.",
        write=f"{right}, and go on from there: kr.train.resume(folder) a recipe, "
        "fit(model, ..., resume=True) a model of your own",
        option=f"{right}, and go on from there: keras-residual train --resume --out "
        "FOLDER",
    )


def no_network(name: str, known: Iterable[str]) -> InputError:
    """Returns the error of a name that no network has.

    Args:
        name: The name.
        known: The names that are known.
    """
    return InputError(
        "Model: the name is unknown.",
        given=f"model={name!r}",
        needed="A model is one of those that `keras-residual models` lists, or was "
        "registered with `kr.models.register` in this process, for a command by a "
        "module: --import MODULE.",
        write=f"--model {closest(name, known)}",
    )


def no_depth(depth: int, known: Iterable[str]) -> InputError:
    """Returns the error of a depth that no network of a comparison has.

    Args:
        depth: Number of layers.
        known: The names of networks that are known.
    """
    depths = sorted(
        int(name[6:]) for name in known if re.fullmatch(r"resnet[0-9]+", name)
    )
    return InputError(
        f"Compare: there is no network of {depth} layers.",
        given=f"depths={depth}",
        needed=f"There are some of {', '.join(map(str, depths))} layers.",
        write=f"--depths {min(depths, key=lambda one: abs(one - depth))}",
    )
