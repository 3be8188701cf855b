"""`keras-residual check`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_residual.checks.choosing import chosen
from keras_residual.checks.documents import documents
from keras_residual.cli import options
from keras_residual.cli.examples import held_out, read
from keras_residual.cli.model_file import free_file, must_be_model, opened, tell, write
from keras_residual.cli.options import Reading, reads
from keras_residual.cli.start import echo, start
from keras_residual.common.errors import ForeignError
from keras_residual.common.files import read_regular
from keras_residual.common.terminal import Console
from keras_residual.common.wording import closest
from keras_residual.train.mistake import InputError

if TYPE_CHECKING:
    import keras

    from keras_residual.checks import Finding

EXAMPLES = 256  # as `measure` takes by default


class Format(StrEnum):
    """How findings are written."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


Rules = typer.Option(help="Codes (KR101), beginnings (KR1) or names of rules; repeat.")


@reads(options.Looked)
def check(  # noqa: PLR0913 - typer reads an option from a parameter
    files: Annotated[
        list[Path],
        typer.Argument(help="Model files (.keras, .h5).", show_default=False),
    ],
    *,
    select: Annotated[list[str] | None, Rules] = None,
    ignore: Annotated[list[str] | None, Rules] = None,
    intended: Annotated[
        list[str] | None,
        typer.Option(
            help="RULE=PATTERN of the paths where it is on purpose; repeat.",
            metavar="RULE=PATTERN",
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps of the run to come.")
    ] = None,
    data: Reading,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Mend what can be, in a new file: FILE-mended.keras."
        ),
    ] = False,
    tolerance: options.Tolerance = None,
    inputs: options.Inputs = None,
    form: Annotated[Format, typer.Option("--format", help="What is printed.")] = (
        Format.text
    ),
    imports: options.Imports = None,
    backend: options.Backend = None,
) -> None:
    """Looks for mistakes in the residual connections of models.

    Exit code 0: nothing, or only notes; 1: findings; 2: a file or option is refused.
    Select, ignore and intended can stand in [tool.keras-residual.check] of a
    pyproject.toml.
    """
    settings = check_settings(Path.cwd()) | {
        name: value
        for name, value in {
            "select": select,
            "ignore": ignore,
            "intended": _marks(intended or []),
        }.items()
        if value
    }
    _must_name_rules(**settings)
    for file in files:
        must_be_model(file)
    start(backend, Console(stderr=True))
    from keras_residual.checks import check as look
    from keras_residual.checks.report import fails

    found = {}
    for file in files:
        model = opened(file, imports)
        examples = held_out(model, file, data, EXAMPLES) if data else None
        found[str(file)] = look(model, examples, steps=steps, **settings)
        if fix:
            proof = {"tolerance": tolerance, "inputs": read(inputs, model)}
            _mend(file, model, found[str(file)], proof)
    _print(found, form)
    if any(fails(findings) for findings in found.values()):
        raise typer.Exit(1)


def _must_name_rules(
    select: list[str] | None = None,
    ignore: Iterable[str] = (),
    intended: Iterable[str] = (),
) -> None:
    """Refuses a word that names no rule, before Keras is imported."""
    chosen(documents(), select, [*ignore, *intended])


def _marks(words: list[str]) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = {}
    for word in words:
        rule, separator, pattern = word.partition("=")
        if not separator or not pattern:
            raise InputError(
                "check: it is not said where it is intended.",
                given=f"--intended {word}",
                needed="A mark names a rule and a pattern of paths.",
                write=f'--intended "{rule}=*"',
            )
        marks.setdefault(rule, []).append(pattern)
    return marks


def _mend(file: Path, model: keras.Model, findings: list[Finding], proof: Any) -> None:
    from keras_residual.transforms.mend import mend

    out = free_file(file, "mended")
    done = mend(model, findings, **proof)
    if done.changes:
        write(done.model, out)
    said = Console(stderr=True, highlight=False)
    said.print(done)
    if done.changes:
        tell(out, said)
    said.print()


def _print(found: dict[str, list[Finding]], form: Format) -> None:
    from keras_residual.checks.report import WRITERS, as_text

    if form is Format.text:
        Console(highlight=False, soft_wrap=True).print(as_text(found))
    else:
        echo(WRITERS[form](found))


LARGEST = 2**20
KNOWN: dict[str, type] = {"select": list, "ignore": list, "intended": dict}


def check_settings(folder: Path) -> dict[str, Any]:
    """Reads the table `[tool.keras-residual.check]` of the closest pyproject.toml.

    Args:
        folder: Where to begin; the folders above are looked through.

    Returns:
        What is set of `select`, `ignore` and `intended`.

    Raises:
        InputError: If the file is no TOML, or says what is not known.
    """
    file = next(
        (
            up / "pyproject.toml"
            for up in (folder, *folder.parents)
            if (up / "pyproject.toml").exists()
        ),
        None,
    )
    if file is None:
        return {}
    found = _table(file)
    for name, value in found.items():
        if not isinstance(value, KNOWN.get(name, ())):
            raise InputError(
                f"{file}: no such setting in [tool.keras-residual.check].",
                given=f"{name} = {value!r}",
                needed="`select` and `ignore` are lists of rules; `intended` names "
                "patterns of paths for each rule.",
                write=f"{closest(name, KNOWN)}, as in  "
                'intended = { KR101 = ["tcn_*"] }',
            )
    return found


def _table(file: Path) -> dict[str, Any]:
    try:
        found: Any = tomllib.loads(read_regular(file, largest=LARGEST).decode())
        for name in ("tool", "keras-residual", "check"):
            found = found.get(name, {})
            if not isinstance(found, dict):
                raise ForeignError(f"{name} = {found!r} is no table")
        return found
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{file} cannot be read.",
            given=str(error)[:200],
            needed="A pyproject.toml is TOML in UTF-8.",
            write="what the message names, corrected",
        ) from None
