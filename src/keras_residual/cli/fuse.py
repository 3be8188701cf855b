"""`keras-residual fuse`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keras_residual.cli import options
from keras_residual.cli.examples import judged, read
from keras_residual.cli.model_file import (
    UNCHANGED,
    hand_over,
    must_be_model,
    new_file,
)
from keras_residual.cli.options import Reading, reads
from keras_residual.cli.start import start
from keras_residual.common.terminal import Console


@reads(options.Judge)
def fuse(
    file: options.File,
    *,
    data: Reading,
    examples: options.Examples = 256,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write. Default: FILE-fused.keras beside it."),
    ] = None,
    tolerance: options.Tolerance = None,
    inputs: options.Inputs = None,
    backend: options.Backend = None,
) -> None:
    """Makes a model for inference that computes the same with fewer layers.

    Where nothing can be done, it says so and why, and writes no file.
    """
    out = new_file(out, file, "fused")
    must_be_model(file)
    console = Console(highlight=False)
    start(backend, Console(stderr=True))
    from keras_residual.files import open_model
    from keras_residual.transforms.fuse import fuse

    model = open_model(file)
    pairs = judged(model, file, data, examples) if data else None
    given = read(inputs, model)
    done = fuse(model, tolerance=tolerance, inputs=given)
    console.print(done)
    if not done.changes:
        console.print("", UNCHANGED, sep="\n")
        return
    hand_over(model, done.model, out, console, pairs, given)
