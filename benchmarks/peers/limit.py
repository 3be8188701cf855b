"""The most that the machine multiplies: a 3×3 convolution by oneDNN, or cuDNN."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from harness.job import Job

SHAPES = ((64, 56), (128, 28), (256, 14), (512, 7))
"""Channels and side of ResNet's four 3×3 convolutions: each multiplies as much."""

BATCH = {"cpu": 16, "gpu": 1024}  # a call has to outlast its launch
TRIES = 5


def multiply_adds(job: Job) -> int:
    """Returns what a step of the limit multiplies."""
    return BATCH[job.device] * 9 * 64**2 * 56**2


class Limit:
    """The fastest of the four, forward, channels last, a batch of pictures.

    Args:
        job: Says where, and in which numbers.
    """

    def __init__(self, job: Job) -> None:
        import torch

        torch.backends.cudnn.benchmark = True
        device = "cuda" if job.device == "gpu" else "cpu"
        self.batch = BATCH[job.device]
        self.given = {"device": device, "dtype": getattr(torch, job.dtype)}
        self.calls = [self._call(*shape) for shape in SHAPES]
        self.calls = [min(self.calls, key=_seconds)]

    def _call(self, channels: int, side: int) -> Callable[[], float]:
        import torch
        from torch.nn import functional

        last = torch.channels_last
        x = torch.randn(self.batch, channels, side, side, **self.given)
        kernel = torch.randn(channels, channels, 3, 3, **self.given)
        x, kernel = x.to(memory_format=last), kernel.to(memory_format=last)

        def call() -> float:
            with torch.inference_mode():
                return functional.conv2d(x, kernel, padding=1)[0, 0, 0, 0].item()

        return call

    def step(self) -> float:
        return self.calls[0]()

    def parameters(self) -> int:
        return 0

    def answer(self) -> np.ndarray:
        return np.ones(1)  # every limit is the same


def _seconds(call: Callable[[], float]) -> float:
    found = []
    for _ in range(TRIES):
        begin = perf_counter()
        call()
        found.append(perf_counter() - begin)
    return min(found)


def maker(_: str) -> Callable[[Job, int], Any]:
    """Imports PyTorch; returns the function that builds the limit from a job."""
    import torch  # noqa: F401 -- not to be timed

    return lambda job, _: Limit(job)
