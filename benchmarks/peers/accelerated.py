"""The forms of `accelerate.py`: Keras as it is, accelerated, and PyTorch by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness.job import Job

from peers.keras_form import KerasForm, by_block, ours

PLAIN, OURS = "Keras", "Keras, accelerated"
TORCH = {
    "PyTorch, contiguous": "contiguous_format",
    "PyTorch, channels_last": "channels_last",
}


def forms(backend: str) -> list[str]:
    """Returns the names of the forms that run on a backend, ours first.

    Args:
        backend: What Keras computes with.
    """
    return [OURS, PLAIN, *(TORCH if backend == "torch" else [])]


def maker(form: str) -> Callable[[Job, int], Any]:
    """Imports what a form needs; returns the function that builds it from a job.

    Args:
        form: One of `forms(backend)`.
    """
    if form in TORCH:
        import torch._dynamo  # noqa: F401 -- else the first optimizer imports it

        from peers.torch_form import TorchForm, by_hand

        return lambda job, _: TorchForm(job, by_hand(job.depth), TORCH[form])
    from keras_residual.rewrite.accelerate import accelerate

    def rewrite(model: Any, inputs: np.ndarray) -> Any:
        return accelerate(model, inputs=[inputs]).model if form == OURS else model

    return lambda job, _: KerasForm(job, ours, rewrite, by_block)
