"""`keras-residual draw`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keras_residual.cli import options
from keras_residual.cli.model_file import must_be_model, opened
from keras_residual.cli.start import echo, start
from keras_residual.common.terminal import Console
from keras_residual.common.wording import listed
from keras_residual.train.mistake import InputError

SUFFIXES = (".svg", ".png", ".pdf")  # as in `drawing/draw.py`, which imports Keras


def draw(
    file: options.File,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The picture, .svg, .png or .pdf. Default: FILE's name and .svg, here."
        ),
    ] = None,
    imports: options.Imports = None,
    backend: options.Backend = None,
) -> None:
    """Draws a model: its stream, and the residual units that hang from it."""
    place = out or Path(f"{file.stem}.svg")
    if place.suffix.lower() not in SUFFIXES or not place.parent.is_dir():
        raise InputError(
            "draw: the file to write does not fit.",
            given=f"--out {place}",
            needed=f"A picture ends in {listed(SUFFIXES, last='or')}, and its folder "
            "exists.",
            write=f"--out {place.stem or 'model'}.svg",
        )
    must_be_model(file)
    start(backend, Console(stderr=True))
    from keras_residual.drawing import draw

    draw(opened(file, imports), place)
    echo(f"picture   {place}")
