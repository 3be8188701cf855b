"""Writes a model for another runtime, and runs it there before it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_residual.compose.arguments import Count, checked
from keras_residual.files.export.advice import way_out
from keras_residual.files.export.batch import of_size, own_copy
from keras_residual.files.export.causes import cause_of
from keras_residual.files.export.exported import Exported
from keras_residual.files.export.formats import Format, format_for
from keras_residual.files.export.quiet import quiet
from keras_residual.files.export.staging import size_of, staged
from keras_residual.files.export.traceable import make_traceable
from keras_residual.transforms.fuse.fusing import PASSES, fuse
from keras_residual.transforms.original import Original, tolerance_for
from keras_residual.transforms.proof import Proof, require
from keras_residual.transforms.timing import latencies
from keras_residual.transforms.weakness import weakness


@checked
def export(
    model: keras.Model,
    path: str | Path,
    *,
    passes: Sequence[str] = PASSES,
    tolerance: float | None = None,
    batch_size: Count | None = None,
    inputs: Any = None,
) -> Exported:
    """Writes a model for ONNX Runtime, OpenVINO, LiteRT or TensorFlow, fused and tried.

    A copy is fused as by `fuse`, and Keras's exporter writes it. Then the file runs in
    the runtime that it is made for, on all kinds of inputs, as a batch and as a single
    sample; an axis of unknown size stays unknown and is tried with two sizes. What
    computes something else, or does not run, is refused and leaves nothing behind.

    Args:
        model: A Functional or Sequential model; it is not changed.
        path: A new file. Its suffix says the format: `.onnx`, `.xml` (OpenVINO, with a
            `.bin` beside it), `.tflite` (LiteRT), and none for the folder of a
            SavedModel. LiteRT is written on TensorFlow, a SavedModel on JAX too.
        passes: What `fuse` may do; `()` writes the layers as they are.
        tolerance: The largest difference in proportion to the largest output; by
            default 1e-5, 1e-4 for OpenVINO and LiteRT, and more where half precision
            computes.
        batch_size: Samples that the file takes at a time; by default any number. Sizes
            that are known spare a runtime work at each call, and some processors take
            no others.
        inputs: What both run on: arrays in the order of `model.inputs`, or a dict by
            name; by default they are made up.

    Returns:
        Where it is, what was fused, how far the runtime is from Keras, the bytes, and
        the milliseconds of both for one sample, or for a batch of `batch_size`.

    Raises:
        TypeError: This is no Keras model.
        ValueError: The path, the backend or the batch size does not fit, the model has
            no graph, or what was written does not run or computes something else.
        ImportError: A package that writes or runs the format is not installed.
        OSError: The place cannot be written to.

    Examples:
        >>> model = kr.models.build("resnet8")
        >>> print(kr.export(model, "model.onnx"))  # doctest: +SKIP
        ONNX Runtime 1.32.0 computes what Keras does, to 2.3e-07 of scale
        <BLANKLINE>
        file        model.onnx, 305.4 kB
        fused       7 changes
        one sample  Keras 1.21 ms, ONNX Runtime 1.32.0 0.20 ms
    """
    path = Path(path)
    asked = format_for(path)
    with quiet():  # to say what a layer is, Keras may import TensorFlow
        done = fuse(model, passes=passes, tolerance=tolerance, inputs=inputs)
        model = of_size(model, batch_size)
        before = Original(model, inputs)
    fused = own_copy(done.model, batch_size)
    make_traceable(fused, to_onnx="onnx" in asked.packages[keras.config.backend()])
    with staged(path) as made:
        with _said_by_others(model, asked, "it cannot be written"):
            asked.module.write(fused, made)
        with _said_by_others(model, asked, "its runtime does not run the file"):
            runtime = asked.module.read(made, fused)
            after = [runtime.run(trial.arrays) for trial, _ in before.tried]
        if tolerance is None:
            tolerance = max(asked.tolerance, tolerance_for(model))
        proof = _compared(before, after, tolerance)
        instead = way_out(model, asked, keras.config.backend())
        require_same(proof, name=model.name, runtime=runtime.name, instead=instead)
        with quiet():
            times = latencies([model], trial=before.tried[-1][0], beside=[runtime.run])
        size = size_of(made)
    account = path, asked.name, runtime.name, done.changes, proof, size, *times
    return Exported(*account, samples=model.inputs[0].shape[0] or 1)


@contextmanager
def _said_by_others(model: keras.Model, asked: Format, what: str) -> Iterator[None]:
    """Silences what converters and runtimes print, and quotes what they raise."""
    try:
        with quiet():
            yield
    except (MemoryError, OSError):  # of this machine, not of what they read
        raise
    except Exception as error:  # whatever they raise
        backend = keras.config.backend()
        raise ValueError(
            f'Model "{model.name}": {what}.\n'
            f"  given  {asked.name}, with Keras on {backend}\n"
            f"It said: {cause_of(error)}\n"
            f"{way_out(model, asked, backend)}"
        ) from error


def _compared(old: Original, after: list, tolerance: float) -> Proof:
    found = []
    for k, made in enumerate(after):
        new = {str(k): np.asarray(array) for k, array in enumerate(made)}
        found += old.outputs(k, new, tolerance=tolerance)
    return Proof(tuple(found), weakness(old.tried, {}, ()))


def require_same(proof: Proof, *, name: str, runtime: str, instead: str) -> None:
    """Refuses a file that computes something else.

    Args:
        proof: What was compared.
        name: Name of the model.
        runtime: Name of what ran the file.
        instead: What to write where it is no rounding.

    Raises:
        ValueError: Something differs by more than its tolerance.
    """
    require(
        proof,
        name=name,
        who=runtime,
        promise="A file computes what Keras does",
        kept="nothing is written",
        instead=instead,
    )
