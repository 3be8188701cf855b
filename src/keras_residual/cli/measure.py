"""`keras-residual measure`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keras_residual.cli import options
from keras_residual.cli.columns import columns_in
from keras_residual.cli.examples import held_out
from keras_residual.cli.model_file import must_be_model, opened
from keras_residual.cli.options import Reading, reads
from keras_residual.cli.start import echo, start
from keras_residual.common.terminal import Console

if TYPE_CHECKING:
    from keras_residual.measures import Table


class Format(StrEnum):
    """How the table is written."""

    table = "table"
    csv = "csv"
    json = "json"


@reads(options.Data)
def measure(  # noqa: PLR0913 - typer reads an option from a parameter
    file: options.File,
    *,
    data: Reading,
    columns: Annotated[
        str | None,
        typer.Option(help="Names, with commas, or all. Default: those without labels."),
    ] = None,
    examples: Annotated[
        int, typer.Option(min=1, help="How many of the test examples.")
    ] = 256,
    out: Annotated[Path | None, typer.Option(help="A .csv file to write.")] = None,
    form: Annotated[Format, typer.Option("--format", help="What is printed.")] = (
        Format.table
    ),
    imports: options.Imports = None,
    backend: options.Backend = None,
) -> None:
    """Measures every residual unit of a model on test data."""
    names = columns_in(columns)
    must_be_model(file)
    start(backend, Console(stderr=True))
    from keras_residual.measures import measure

    model = opened(file, imports)
    pairs = held_out(model, file, data, examples)
    table = measure(model, pairs, columns=names)
    if out is not None:
        table.to_csv(out)
    _print(table, form)


def _print(table: Table, form: Format) -> None:
    if form is Format.table:
        echo(str(table))
    elif form is Format.csv:
        echo(table.to_csv(), nl=False)
    else:
        echo(json.dumps(table.to_dict(), indent=2))
