"""`keras-residual predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keras_residual.cli import options
from keras_residual.cli.start import echo, start
from keras_residual.common.terminal import Console
from keras_residual.train.data.load import must_be_there
from keras_residual.train.run_folder import RunFolder


def predict(
    run: Annotated[Path, typer.Argument(help="The run folder.", show_default=False)],
    files: Annotated[
        list[Path],
        typer.Argument(help="Pictures, arrays or tables.", show_default=False),
    ],
    *,
    top: Annotated[int, typer.Option(min=1, help="How many classes are named.")] = 3,
    backend: options.Backend = None,
) -> None:
    """Says what is in files, with the network of a run: classes, labels or values."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    RunFolder(run).read_recipe()
    for file in files:
        must_be_there(file)
    start(backend, console)
    from keras_residual.train import predict

    for prediction in predict(run, files, top=top, console=console):
        echo(str(prediction))
