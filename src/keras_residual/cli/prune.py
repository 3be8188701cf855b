"""`keras-residual prune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_residual.cli import options
from keras_residual.cli.examples import judged
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

BY_LOSS = 'kr.rewire.prune_depth(model, (x, y), tolerance=0.01, by="loss")'


@reads(options.Data)
def prune(  # noqa: PLR0913 - typer reads an option from a parameter
    file: options.File,
    *,
    data: Reading,
    tolerance: Annotated[
        float,
        typer.Option(
            min=0, help="Accuracy that may be lost: 0.01 is one of a hundred."
        ),
    ] = 0.01,
    units: Annotated[
        Literal["unit", "block"],
        typer.Option(help="What goes at a time; a block is all units of one layer."),
    ] = "unit",
    into: Annotated[
        Literal["backbone"] | None,
        typer.Option(help="Keep the class, as one of keras-hub, with fewer layers."),
    ] = None,
    examples: options.Examples = 256,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write. Default: FILE-pruned.keras beside it."),
    ] = None,
    imports: options.Imports = None,
    backend: options.Backend = None,
) -> None:
    """Drops the residual units that matter least, while the accuracy stays."""
    out = new_file(out, file, "pruned")
    must_be_model(file)
    console = Console(highlight=False)
    start(backend, Console(stderr=True))
    from keras_residual.transforms.rewire import prune_depth

    model = opened(file, imports)
    if into is None:
        model = inside(model, console)
    pairs = judged(model, file, data, examples, instead=BY_LOSS)
    done = prune_depth(model, pairs, tolerance=tolerance, units=units, into=into)
    console.print(done, "")
    if not done.dropped:
        console.print(UNCHANGED)
        return
    hand_over(model, done.model, out, console, pairs)
