"""What an export gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.filesize import decimal
from rich.text import Text

from keras_residual.transforms.printing import Printed
from keras_residual.transforms.proof import Proof
from keras_residual.transforms.rewritten import Change


@dataclass(frozen=True, repr=False)
class Exported(Printed):
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
