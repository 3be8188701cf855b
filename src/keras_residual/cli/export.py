"""`keras-residual export`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from keras_residual.cli import options
from keras_residual.cli.model_file import opened, refused
from keras_residual.cli.start import start
from keras_residual.train.devices import choose_backend
from keras_residual.train.mistake import InputError, nearest

# As in `store/export/formats.py`, which imports Keras: suffix, and who writes it.
FORMATS = {
    "onnx": (".onnx", ("tensorflow", "jax", "torch")),
    "openvino": (".xml", ("tensorflow", "jax", "torch")),
    "litert": (".tflite", ("tensorflow",)),
    "savedmodel": ("", ("tensorflow", "jax")),
}


def export(
    file: Annotated[
        Path, typer.Argument(help="The model file (.keras).", show_default=False)
    ],
    *,
    format: Annotated[
        str, typer.Option(help="onnx, openvino, litert or savedmodel.")
    ] = "onnx",
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write. Default: FILE's name, beside it."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Largest difference, in proportion to the output. Default: 1e-5; 1e-4 "
            "for openvino and litert.",
        ),
    ] = None,
    backend: options.Backend = None,
) -> None:
    """Writes a model for another runtime, fused, and runs it there."""
    suffix, able = _known(format)
    out = out or file.with_name(file.stem + (suffix or "-savedmodel"))
    if out.suffix != suffix:
        raise InputError(
            "The file to write does not fit.",
            given=f"--format {format} --out {out}",
            needed=f"A file of this format ends in {suffix or 'no suffix'}.",
            write=f"--out {out.with_suffix(suffix)}",
        )
    console = Console(highlight=False)
    _start(backend, format, able)
    from keras_residual.store.export import export

    model = opened(file)
    try:
        done = export(model, out, tolerance=tolerance)
    except (ImportError, ValueError) as error:
        raise refused(error) from None
    console.print(done)


def _known(format: str) -> tuple[str, tuple[str, ...]]:
    if format not in FORMATS:
        raise InputError(
            "export: there is no such format.",
            given=f"--format {format}",
            needed="Keras writes models for these runtimes.",
            write=f"--format {nearest(format, FORMATS)}",
        )
    return FORMATS[format]


def _start(backend: str | None, format: str, able: tuple[str, ...]) -> None:
    """Takes a backend that writes the format, where nobody asked for one."""
    console = Console(stderr=True)
    if not (backend or os.environ.get("KERAS_BACKEND")):
        backend, note = choose_backend()
        here = [one for one in able if find_spec(one) is not None]
        if backend not in able and here:
            note = f"{backend} does not write {format}; computing with {here[0]}."
            backend = here[0]
        if note:
            console.print(note)
    start(backend, console)
