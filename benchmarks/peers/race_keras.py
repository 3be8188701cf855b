"""The makers of the race that compute by Keras: ours, and `keras.applications`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from harness.job import Job

from peers.keras_form import (
    KerasForm,
    accelerated,
    applications,
    by_block,
    ours,
)

REWRITES = {
    "ours": (),
    "ours, accelerated": ("accelerate",),
    "ours, fused": ("fuse",),
    "ours, fused and accelerated": ("fuse", "accelerate"),
}
APPLICATIONS = "keras.applications"


def maker(form: str) -> Callable[[Job, int], KerasForm]:
    """Imports what a form needs; returns the function that builds it from a job.

    Args:
        form: One of `REWRITES`, or `APPLICATIONS`.
    """
    from keras_residual.transforms.fuse import fuse

    def rewrite(job: Job, model: Any, inputs: Any) -> Any:
        for verb in REWRITES[form]:
            if verb == "fuse":
                model = fuse(model).model
            else:
                model = accelerated(job, model, inputs)
        return model

    if form == APPLICATIONS:
        return lambda job, _: KerasForm(job, applications, lambda model, _: model)
    return lambda job, _: KerasForm(job, ours, partial(rewrite, job), by_block)
