"""`keras-residual export`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from keras_residual.cli import options
from keras_residual.cli.examples import read
from keras_residual.cli.model_file import must_be_model
from keras_residual.cli.start import start
from keras_residual.common.terminal import Console
from keras_residual.common.wording import closest
from keras_residual.train.devices import BACKENDS, choose_backend
from keras_residual.train.mistake import InputError

# As in `files/export/formats.py`, which imports Keras: suffix, and who writes it.
FORMATS = {
    "onnx": (".onnx", ("tensorflow", "jax", "torch")),
    "openvino": (".xml", ("tensorflow", "jax", "torch")),
    "litert": (".tflite", ("tensorflow",)),
    "savedmodel": ("", ("tensorflow", "jax")),
}


def export(
    file: options.File,
    *,
    format: Annotated[
        str, typer.Option(help="onnx, openvino, litert or savedmodel.")
    ] = "onnx",
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write. Default: beside FILE, with its name and the "
            "format's suffix; for savedmodel FILE-savedmodel, its dots as hyphens."
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Largest difference, in proportion to the output. Default: 1e-5; 1e-4 "
            "for openvino and litert.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Samples that the file takes at a time. Default: any number."
        ),
    ] = None,
    inputs: options.Inputs = None,
    backend: options.Backend = None,
) -> None:
    """Writes a model for another runtime, fused, and runs it there."""
    suffix, able = _known(format)
    name = file.stem if suffix else file.stem.replace(".", "-")
    out = out or file.with_name(name + (suffix or "-savedmodel"))
    _must_fit(out, format, suffix)
    console = Console(highlight=False)
    backend = _able(backend, format, able)
    must_be_model(file)
    start(backend, Console(stderr=True))
    from keras_residual.files import open_model
    from keras_residual.files.export import export

    model = open_model(file)
    given = read(inputs, model)
    try:
        done = export(
            model, out, tolerance=tolerance, batch_size=batch_size, inputs=given
        )
    except OSError as error:
        raise InputError(
            "The file cannot be written.",
            given=f"--out {out}: {error.strerror or error}",
            needed="A model is written to a folder with space and the right to write.",
            write=f"--out {out.name}, in a folder of yours",
        ) from None
    console.print(done)


def _known(format: str) -> tuple[str, tuple[str, ...]]:
    if format not in FORMATS:
        raise InputError(
            "export: there is no such format.",
            given=f"--format {format}",
            needed="Keras writes models for these runtimes.",
            write=f"--format {closest(format, FORMATS)}",
        )
    return FORMATS[format]


def _must_fit(out: Path, format: str, suffix: str) -> None:
    """Refuses a place, before any work."""
    name = out.stem or "model"
    if out.suffix != suffix:
        raise InputError(
            "The file to write does not fit.",
            given=f"--format {format} --out {out}",
            needed=f"A file of this format ends in {suffix or 'no suffix'}.",
            write=f"--out {out.parent / (name + suffix)}",
        )
    files = [out, out.with_suffix(".bin")] if suffix == ".xml" else [out]
    taken = [file for file in files if file.exists()]
    if taken or not out.parent.is_dir():
        why, other = "it has no folder", Path(out.name)
        if taken:
            why, other = f"{taken[0]} exists", out.parent / f"{name}-2{suffix}"
        raise InputError(
            "The file to write does not fit.",
            given=f"--out {out}; {why}",
            needed="A model is exported to a new file, in a folder that exists.",
            write=f"--out {other}",
        )


def _able(backend: str | None, format: str, able: tuple[str, ...]) -> str:
    """Returns a backend that writes the format, where nobody asked for one."""
    backend = backend or os.environ.get("KERAS_BACKEND")
    if not backend:
        backend, note = choose_backend()
        here = [one for one in able if find_spec(one) is not None]
        if backend not in able and here:
            note = f"{backend} does not write {format}; computing with {here[0]}."
            backend = here[0]
        if note:
            Console(stderr=True).print(note)
    if backend in BACKENDS and backend not in able:
        raise InputError(
            "export: this backend does not write the format.",
            given=f"--format {format}, with Keras on {backend}",
            needed=f"Keras writes it on {' and '.join(able)}.",
            write=f"--backend {able[0]}",
        )
    return backend
