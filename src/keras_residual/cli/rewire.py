"""`keras-residual rewire`."""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from keras_residual.cli import options
from keras_residual.cli.examples import judged, read
from keras_residual.cli.model_file import (
    UNCHANGED,
    hand_over,
    inside,
    must_be_model,
    new_file,
    opened,
)
from keras_residual.cli.options import Reading, reads
from keras_residual.cli.start import start
from keras_residual.common.terminal import Console
from keras_residual.train.mistake import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keras_residual.transforms import Rewritten

Paths = list[str] | None


@reads(options.Judge)
def rewire(  # noqa: PLR0913 - typer reads an option from a parameter
    file: options.File,
    *,
    add_skips: Annotated[
        bool,
        typer.Option(
            "--add-skips", help="Skips times zero, wherever they are possible."
        ),
    ] = False,
    drop: Annotated[
        Paths, typer.Option(help="A residual unit to take out. May be repeated.")
    ] = None,
    by: Annotated[
        Literal["unit", "block"],
        typer.Option(help="What --drop takes out; a block is all units of one layer."),
    ] = "unit",
    grow: Annotated[
        Paths,
        typer.Option(
            help="A unit, or a layer that holds some, to come once more after itself, "
            "and to add nothing yet. May be repeated."
        ),
    ] = None,
    init: Annotated[
        Literal["zero", "copy", "stack"],
        typer.Option(help="What grows holds: new weights, or copies; stack: all."),
    ] = "copy",
    delete: Annotated[
        Paths, typer.Option(help="A layer to take out. May be repeated.")
    ] = None,
    rename: Annotated[
        Paths,
        typer.Option(help="A layer's path and new name: OLD=NEW. May be repeated."),
    ] = None,
    data: Reading,
    examples: options.Examples = 256,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write. Default: FILE-rewired.keras beside it."),
    ] = None,
    tolerance: options.Tolerance = None,
    inputs: options.Inputs = None,
    imports: options.Imports = None,
    backend: options.Backend = None,
) -> None:
    """Adds skips and units to a model, takes units or layers out, renames layers."""
    out = new_file(out, file, "rewired")
    names = dict(_pair(each) for each in rename or ())
    if not (add_skips or drop or grow or delete or names):
        raise InputError(
            "rewire: nothing is asked for.",
            given=f"rewire {file}",
            needed="It does one or more of: add skips, drop units, grow, "
            "delete, rename.",
            write=f"keras-residual rewire {file} --add-skips",
        )
    must_be_model(file)
    console = Console(highlight=False)
    start(backend, Console(stderr=True))
    model = new = inside(opened(file, imports), console)
    changes: list[object] = []
    pairs = judged(model, file, data, examples) if data else None
    given = read(inputs, model)
    steps = _steps(add_skips, (drop, by), (grow, init), tolerance)
    for step in chain(steps, _layers(delete, names, tolerance)):
        done = step(new, inputs=given)
        console.print(done, "")
        changes += done.changes
        new = done.model
    if not changes:
        console.print(UNCHANGED)
        return
    hand_over(model, new, out, console, pairs, given)


def _steps(
    add_skips: bool,
    drop: tuple[Paths, Any],
    grow: tuple[Paths, str],
    tolerance: float | None,
) -> Iterator[Callable[..., Rewritten]]:
    from keras_residual.transforms import rewire

    if add_skips:
        yield partial(rewire.add_skips, tolerance=tolerance)
    if drop[0]:
        yield partial(rewire.drop_units, units=drop[0], by=drop[1])
    if grow[0]:
        places, init = grow
        how = {"places": places, "init": init, "tolerance": tolerance}
        yield partial(rewire.add_units, **how)


def _layers(
    delete: Paths, names: dict[str, str], tolerance: float | None
) -> Iterator[Callable[..., Rewritten]]:
    from keras_residual.transforms import rewire

    if delete:
        yield partial(rewire.delete, paths=delete)
    if names:
        yield partial(rewire.rename, names=names, tolerance=tolerance)


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.rpartition("=")  # an old name may hold one
    if old and equals and new:
        return old, new
    raise InputError(
        "rewire: this names no layer and its new name.",
        given=f"--rename {text}",
        needed="The path of a layer, an equals sign, and the new name.",
        write="--rename block1/conv=first",
    )
