"""Writes a model for another runtime, and runs it there before it is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.filesize import decimal
from rich.text import Text

from keras_residual.common.errors import ResidualError
from keras_residual.common.files import at_home, flush, staging
from keras_residual.common.shown import Shown
from keras_residual.compose.arguments import Count, checked
from keras_residual.files.export.batch import of_size, own_copy
from keras_residual.files.export.formats import (
    Format,
    format_for,
    refuse_place,
    way_out,
)
from keras_residual.files.export.others import cause_of, quiet
from keras_residual.files.export.traceable import make_traceable
from keras_residual.transforms.fuse.fusing import PASSES, Passes, fuse
from keras_residual.transforms.original import Original, tolerance_for
from keras_residual.transforms.proof import Proof, require
from keras_residual.transforms.rewritten import Change
from keras_residual.transforms.timing import latencies
from keras_residual.transforms.weakness import weakness


@checked
def export(
    model: keras.Model,
    path: str | Path,
    *,
    passes: Passes = PASSES,
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
        KindError: This is no Keras model.
        ResidualError: The path, the backend or the batch size does not fit, the model
            has no graph, or what was written does not run or computes something else.
        PackageError: A package that writes or runs the format is not installed.
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
    path = at_home(path)
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
        size = _size_of(made)
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
        advice = way_out(model, asked, backend)
        advice["needed"] = f"It said: {cause_of(error)}\n{advice['needed']}"
        raise ResidualError(
            f'Model "{model.name}": {what}.',
            given=f"{asked.name}, with Keras on {backend}",
            **advice,
        ) from error


def _compared(old: Original, after: list, tolerance: float) -> Proof:
    found = []
    for k, made in enumerate(after):
        new = {str(k): np.asarray(array) for k, array in enumerate(made)}
        found += old.outputs(k, new, tolerance=tolerance)
    return Proof(tuple(found), weakness(old.tried, {}, ()))


def require_same(
    proof: Proof, *, name: str, runtime: str, instead: dict[str, str]
) -> None:
    """Refuses a file that computes something else.

    Args:
        proof: What was compared.
        name: Name of the model.
        runtime: Name of what ran the file.
        instead: What an error says where it is no rounding.

    Raises:
        ResidualError: Something differs by more than its tolerance.
    """
    require(
        proof,
        name=name,
        who=runtime,
        promise="A file computes what Keras does",
        kept="nothing is written",
        instead=instead,
    )


@dataclass(frozen=True, repr=False)
class Exported(Shown):
    """A file for another runtime, with the account of how it was made and tried.

    Args:
        path: The file, or the folder of a SavedModel.
        format: `"onnx"`, `"openvino"`, `"litert"` or `"savedmodel"`.
        runtime: What ran it, with its version.
        changes: What fusing did before.
        proof: How far what the runtime computes is from what Keras does.
        size: Bytes on the disk.
        keras_ms: What Keras takes for the samples with the model as it was given, in
            milliseconds, the median.
        runtime_ms: What the runtime takes for them; the two take turns.
        samples: How many were timed: one, or as many as the file takes at a time.

    Examples:
        >>> print(Exported(Path("a.onnx"), "onnx", "ONNX Runtime 1.32.0", changes=(),
        ...                proof=Proof(()), size=2000, keras_ms=2.0, runtime_ms=0.5))
        ONNX Runtime 1.32.0 computes what Keras does, to 0.0e+00 of scale
        <BLANKLINE>
        file        a.onnx, 2.0 kB
        fused       nothing
        one sample  Keras 2.00 ms, ONNX Runtime 1.32.0 0.50 ms
    """

    path: Path
    format: str
    runtime: str
    changes: tuple[Change, ...]
    proof: Proof
    size: int
    keras_ms: float
    runtime_ms: float
    samples: int = 1

    def __rich__(self) -> Text:
        apart = f"{self.proof.largest:.1e} of scale"
        keras = f"Keras {self.keras_ms:.2f} ms"
        runtime = f"{self.runtime} {self.runtime_ms:.2f} ms"
        return Text(
            f"{self.runtime} computes what Keras does, to {apart}\n\n"
            f"file        {self.path}, {decimal(self.size)}\n"
            f"fused       {_changes(len(self.changes))}\n"
            f"{_samples(self.samples):12}{keras}, {runtime}"
            + (f"\n\n{self.proof.caution}" if self.proof.weak else "")
        )


def _samples(count: int) -> str:
    return "one sample" if count == 1 else f"{count} samples"


def _changes(count: int) -> str:
    return f"{count} {'change' if count == 1 else 'changes'}" if count else "nothing"


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Gives a path to write to, and moves what was written there into place.

    After an exception nothing is left behind.

    Args:
        target: The new file or folder; what is written beside it moves along.

    Raises:
        ResidualError: Meanwhile somebody else wrote there.
    """
    with staging(target.parent) as folder:
        yield folder / target.name
        for made in folder.rglob("*"):
            flush(made)
        refuse_place(target)
        with ExitStack() as back:
            # An .xml is behind its .bin: it never stands without its weights.
            for made in sorted(folder.iterdir()):
                place = target.with_name(made.name)
                os.replace(made, place)  # noqa: PTH105 - as common/files.py
                back.callback(os.replace, place, made)
            flush(target.parent)
            back.pop_all()


def _size_of(made: Path) -> int:
    """Returns the bytes of all that was written."""
    return sum(f.stat().st_size for f in made.parent.rglob("*") if f.is_file())
