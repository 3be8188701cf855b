"""The model files that commands write, and what a model was and is in numbers."""

from __future__ import annotations

import sys
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from keras_residual.common.shown import whole
from keras_residual.common.terminal import Console
from keras_residual.common.wording import listed
from keras_residual.files.errors import RefusedError
from keras_residual.files.kinds import check_kind, is_hdf5
from keras_residual.train.mistake import InputError

if TYPE_CHECKING:
    import keras


UNCHANGED = "no file is written: it would be the same model"


def must_be_model(file: Path) -> None:
    """Refuses a file that is missing or holds no model, before Keras is imported.

    Args:
        file: The file that is to be opened.

    Raises:
        RefusedError: It is missing, a folder, not ours to read, or of another kind.
    """
    try:
        if not is_hdf5(file):
            check_kind(file)
    except RefusedError as error:
        raise error.within(f"Model file {file}") from None


def opened(file: Path, modules: list[str] | None) -> keras.Model:
    """Opens a model file; with modules, whose code is run, says so.

    Args:
        file: The file.
        modules: Their names, as Python imports them from here.
    """
    from keras_residual.files import open_model

    if modules:
        found_from_here(modules, f", and loads {file} by Keras alone")
    return open_model(file, modules=modules or [])


def found_from_here(modules: list[str], more: str = "") -> None:
    """Lets Python look for modules in the current folder, and says that they are run.

    Args:
        modules: Their names.
        more: What else is done with them.
    """
    sys.path.insert(0, str(Path.cwd()))
    Console(stderr=True).print(f"runs the code of {', '.join(modules)}{more}")


def inside(model: keras.Model, console: Console) -> keras.Model:
    """Returns a model whose layers are opened where they hide units, and says so.

    Args:
        model: The model.
        console: Where it is said.
    """
    from keras_residual.graph.unfolding import hides_layers, unfold

    if not hides_layers(model):
        return model
    unfolded = unfold(model)
    if not unfolded.opened:
        return model
    console.print(str(unfolded), "", sep="\n")
    return unfolded.model


def new_file(out: Path | None, file: Path, word: str) -> Path:
    """Returns the file that a command writes a model to, before it does its work.

    Args:
        out: What was asked for; None for the model's own name with a word.
        file: The model file that was read.
        word: What has become of the model.

    Raises:
        InputError: If it exists, is no .keras file, or has no folder.
    """
    out = out or file.with_name(f"{file.stem}-{word}.keras")
    if out.suffix != ".keras":
        why = f"it ends in {out.suffix or 'nothing'!r}"
    elif out.exists():
        why = "it exists"
    elif not out.parent.is_dir():
        why = f"{out.parent} is no folder"
    else:
        return out
    raise InputError(
        "The file to write does not fit.",
        given=f"{out}: {why}",
        needed="A model is written to a new .keras file in a folder that exists.",
        write=f"--out {_free(out)}",
    )


def free_file(file: Path, word: str) -> Path:
    """Returns a file beside a model that is not there yet.

    Args:
        file: The model file that was read.
        word: What has become of the model.
    """
    return _free(file.with_name(f"{file.stem}-{word}.keras"))


def _free(out: Path) -> Path:
    """Returns a file beside one that does not fit, or here, that is not there yet."""
    folder = out.parent if out.parent.is_dir() else Path()
    ends = chain([""], (f"-{number}" for number in count(2)))
    names = (f"{out.stem or 'model'}{end}.keras" for end in ends)
    return next(folder / name for name in names if not (folder / name).exists())


def write(model: keras.Model, out: Path) -> None:
    """Writes a model whole, as a file that opens again, or not at all.

    Args:
        model: The model.
        out: What `new_file` returned.

    Raises:
        InputError: Keras cannot make a layer anew from what it says of itself.
    """
    import keras

    from keras_residual.common.files import replacing

    with replacing(out) as partial:
        model.save(partial)
        try:
            keras.saving.load_model(partial, compile=False)
        except Exception as error:  # foreign code
            raise InputError(
                f"Model file {out}: it would not open again, and is not written.",
                given=str(error).rpartition("Exception encountered: ")[2].strip(),
                needed="Keras makes each layer of a file anew: its `__init__` takes "
                "what its `get_config` returns.",
                write="a get_config for that layer that returns what __init__ takes",
            ) from error


def tell(out: Path, console: Console) -> None:
    """Says where a model was written, in one line however narrow the terminal is.

    Args:
        out: The file.
        console: Where it is said.
    """
    console.print(f"\nmodel    {out}", markup=False, soft_wrap=True)


def hand_over(
    before: keras.Model,
    after: keras.Model,
    out: Path,
    console: Console,
    data: tuple[Any, Any] | None = None,
    inputs: list[Any] | None = None,
) -> None:
    """Writes a model, and says what became of it and where it is.

    Args:
        before: The model.
        after: What was made of it.
        out: The file.
        console: Where it is said.
        data: As in `sizes`.
        inputs: As in `sizes`.
    """
    write(after, out)
    console.print(sizes(before, after, data, inputs))
    tell(out, console)


def sizes(
    before: keras.Model,
    after: keras.Model,
    data: tuple[Any, Any] | None = None,
    inputs: Any = None,
) -> Table:
    """Compares two models of the same inputs: size, multiplications, time, accuracy.

    Args:
        before: The model that was read.
        after: The model that is written.
        data: Examples and labels; None for no accuracy.
        inputs: What to time them on; by default the data, or what is made up.
    """
    from keras_residual.transforms.rewire.scoring import accuracy
    from keras_residual.transforms.timing import latencies
    from keras_residual.transforms.trials import given_trial

    if inputs is None and data is not None:
        inputs = data[0][:1]
    trial = None if inputs is None else given_trial(before, inputs)
    table = whole("", "before", "after")
    both = (before, after)
    table.add_row("layers", *(f"{_layers(one):,}" for one in both))
    table.add_row("parameters", *(f"{one.count_params():,}" for one in both))
    table.add_row("multiply-adds (FLOPs)", *map(_cost, both))
    table.add_row(
        "latency, one sample", *(f"{ms:.2f} ms" for ms in latencies(both, trial=trial))
    )
    if data is not None:
        shares = [accuracy(one, data) for one in both]
        said = [
            "the labels are no classes" if n is None else f"{n:.1%}" for n in shares
        ]
        table.add_row(f"accuracy of {len(data[1]):,}", *said)
    return table


def _cost(model: keras.Model) -> str:
    """Says how much a model multiplies, or of how many layers that is not known."""
    from keras_residual.graph.cost import multiply_adds, unknown_costs

    unknown = unknown_costs(model)
    if not unknown:
        return f"{multiply_adds(model):,}"
    return f"not known of {listed(unknown, 1)}"


def _layers(model: keras.Model) -> int:
    """Counts the layers, those of nested models instead of these."""
    return sum(
        _layers(layer) if hasattr(layer, "layers") else 1 for layer in model.layers
    )
