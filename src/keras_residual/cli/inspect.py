"""`keras-residual inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keras_residual.cli import options
from keras_residual.cli.columns import columns_in
from keras_residual.cli.examples import held_out
from keras_residual.cli.model_file import must_be_model, opened
from keras_residual.cli.options import Reading, reads
from keras_residual.cli.start import echo, start
from keras_residual.common.terminal import Console


@reads(options.Measured)
def inspect(
    file: options.File,
    *,
    data: Reading,
    columns: Annotated[
        str | None,
        typer.Option(help="Measures, with commas, or all. Default: what data allows."),
    ] = None,
    examples: Annotated[
        int, typer.Option(min=1, help="How many of the test examples.")
    ] = 256,
    out: Annotated[
        Path | None,
        typer.Option(help="The page. Default: FILE's name, here.", metavar="PAGE.html"),
    ] = None,
    imports: options.Imports = None,
    backend: options.Backend = None,
) -> None:
    """Writes a page to look at a model with: units, findings and measures."""
    names = columns_in(columns)
    must_be_model(file)
    start(backend, Console(stderr=True))
    from keras_residual.reports.inspection import inspect

    model = opened(file, imports)
    pairs = held_out(model, file, data, examples) if data else None
    place = out or Path(f"{file.stem}.inspect.html")
    page = inspect(model, place, data=pairs, columns=names)
    echo(f"page   {page}")
