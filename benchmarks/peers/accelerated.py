"""The forms of `accelerate.py`: Keras as it is, accelerated, and PyTorch by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from harness.job import Job

from peers.keras_form import KerasForm, accelerated, by_block, ours

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
    import keras

    # Neither its time nor its memory is what is measured.
    import_module(f"keras_residual.transforms.accelerate.on_{keras.config.backend()}")

    def build(job: Job, _: int) -> KerasForm:
        rewrite = partial(accelerated, job) if form == OURS else lambda model, _: model
        return KerasForm(job, ours, rewrite, by_block)

    return build
