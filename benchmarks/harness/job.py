"""What is timed: one network, one size, to train or to answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Job:
    """What is timed.

    Attributes:
        depth: Depth of the ResNet: 20 (CIFAR) or 50 (ImageNet).
        batch: Pictures at a time.
        side: Their height and width.
        trains: Whether a step trains, or only answers.
        device: `"cpu"` or `"gpu"`.
        dtype: What is computed in; weights are float32 always.
    """

    depth: int
    batch: int
    side: int
    trains: bool
    device: str = "cpu"
    dtype: str = "float32"

    @property
    def name(self) -> str:
        """What is done with which network."""
        what = "training step" if self.trains else "inference"
        return f"{what}, resnet{self.depth}, {self.batch} × {self.side}²"

    @property
    def classes(self) -> int:
        """Size of the output."""
        return 10 if self.depth == 20 else 1000

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Draws pictures of noise and labels, the same in every process."""
        random = np.random.default_rng(0)
        shape = (self.batch, self.side, self.side, 3)
        pictures = random.standard_normal(shape, dtype=np.float32)
        return pictures, random.integers(0, self.classes, self.batch)
