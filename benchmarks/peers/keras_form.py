"""A Keras model as a form: ours, plain or rewritten, or one of Keras's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from harness.forms import MOMENTUM, RATE, agreed_weights
from harness.job import Job
from harness.worker import silence

AREAS = ("stem", "stage", "head")

Network = Callable[[Job], Any]
Rewrite = Callable[[Any, np.ndarray], Any]
Order = Callable[[Iterable[Any]], list[Any]]


def ours(job: Job) -> Any:
    """Builds our network."""
    from keras_residual.compose import models

    shape = (job.side, job.side, 3)
    return models.build(f"resnet{job.depth}", input_shape=shape)


def applications(job: Job) -> Any:
    """Builds Keras's own ResNet-50: its strides are in the 1×1, and it has biases."""
    import keras

    build: Any = keras.applications.ResNet50
    return build(
        weights=None,
        input_shape=(job.side, job.side, 3),
        classes=job.classes,
        classifier_activation=None,
    )


def accelerated(job: Job, model: Any, inputs: np.ndarray) -> Any:
    """Accelerates a model for what the job does with it."""
    from keras_residual.transforms.accelerate import accelerate

    use = "training" if job.trains else "inference"
    return accelerate(model, inputs=[inputs], use=use).model


def by_block(weights: Iterable[Any]) -> list[Any]:
    """Sorts the weights of our networks as a peer lists its own: branch, shortcut."""

    def place(weight: Any) -> tuple:
        area, *rest = weight.path.split("/")[0].split("_")
        layer = rest.pop()  # conv1 before norm1 before conv2
        rank = next(i for i, word in enumerate(AREAS) if area.startswith(word))
        return rank, area, rest, layer[-1], layer

    return sorted(weights, key=place)


class KerasForm:
    """A Keras model that trains by `train_on_batch`, or is asked by `predict_on_batch`.

    Args:
        job: What is timed.
        network: Builds the model.
        rewrite: What is done to it before it is timed.
        order: Brings its weights in the order in which they are agreed.
    """

    def __init__(
        self, job: Job, network: Network, rewrite: Rewrite, order: Order = list
    ) -> None:
        import keras

        demand_device(job)
        if job.dtype != "float32":
            keras.config.set_dtype_policy(f"mixed_{job.dtype}")
        self.job, self.order = job, order
        self.pictures, self.labels = job.samples()
        self.plain = network(job)
        if not job.trains:
            agree(self.order(self.plain.weights))
        self.model = rewrite(self.plain, self.pictures[:2])
        self.model.compile(
            optimizer=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )

    def step(self) -> float:
        if self.job.trains:
            return float(self.model.train_on_batch(self.pictures, self.labels))
        return float(self.model.predict_on_batch(self.pictures)[0, 0])

    def parameters(self) -> int:
        return self.plain.count_params()

    def answer(self) -> np.ndarray:
        if self.job.trains:
            agree(self.order(self.model.weights))
        return self.model.predict_on_batch(self.pictures[:2])


def agree(weights: list[Any]) -> None:
    """Gives variables the values that all forms agree on, one after another."""
    shapes = [tuple(weight.shape) for weight in weights]
    for weight, value in zip(weights, agreed_weights(shapes), strict=True):
        weight.assign(value)


def demand_device(job: Job) -> None:
    """Refuses where Keras would quietly compute on the processor instead."""
    import keras

    found = True
    if job.device == "gpu" and keras.config.backend() == "tensorflow":
        import tensorflow

        found = bool(tensorflow.config.list_physical_devices("GPU"))
    elif job.device == "gpu" and keras.config.backend() == "torch":
        import torch

        found = torch.cuda.is_available()
    if not found:
        raise RuntimeError(f"{keras.config.backend()} sees no GPU")


def multiply_adds(job: Job, backend: str, network: str) -> int:
    """Counts what a network multiplies for one batch; for a process of its own."""
    os.environ.update(KERAS_BACKEND=backend, CUDA_VISIBLE_DEVICES="-1")
    with silence():
        from keras_residual.graph.cost import multiply_adds as of_one

        model = {"resnet": ours, "keras.applications": applications}[network](job)
        return job.batch * (of_one(model) or 0)
