"""The maker of the race that is Flax, with Optax."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from harness.forms import MOMENTUM, RATE, agreed_weights
from harness.job import Job


class FlaxForm:
    """A Flax module and the two compiled functions of its guide.

    Args:
        job: What is timed.
    """

    def __init__(self, job: Job) -> None:
        import jax
        import optax
        from flax import nnx

        from peers.flax_resnet import ResNet

        self.job = job
        self.pictures, labels = job.samples()
        self.labels = labels.astype(np.int32)
        model = ResNet(job.depth, None if job.dtype == "float32" else job.dtype)
        self.model = model
        if not job.trains:
            model.eval()
            agree(model)
        optimizer = nnx.Optimizer(model, optax.sgd(RATE, MOMENTUM), wrt=nnx.Param)

        def loss_of(model: ResNet, pictures: Any, labels: Any) -> jax.Array:
            losses = optax.softmax_cross_entropy_with_integer_labels
            return losses(model(pictures), labels).mean()

        @nnx.jit
        def train(
            model: ResNet, optimizer: nnx.Optimizer, pictures: Any, labels: Any
        ) -> jax.Array:
            loss, slopes = nnx.value_and_grad(loss_of)(model, pictures, labels)
            optimizer.update(model, slopes)
            return loss

        @nnx.jit
        def predict(model: ResNet, pictures: Any) -> jax.Array:
            return model(pictures)

        self.predict = predict
        # Without this each call would walk through the module again.
        self.asked = nnx.cached_partial(predict, model)
        self.train = nnx.cached_partial(train, model, optimizer)

    def step(self) -> float:
        if self.job.trains:
            return float(self.train(self.pictures, self.labels))
        return float(self.asked(self.pictures)[0, 0])

    def parameters(self) -> int:
        return sum(variable[...].size for variable in variables(self.model))

    def answer(self) -> np.ndarray:
        if self.job.trains:
            agree(self.model)
            self.model.eval()
        return np.asarray(self.predict(self.model, self.pictures[:2]), np.float32)


def variables(model: Any) -> Iterator[Any]:
    """Yields a module's weights and statistics in the order of its definition."""
    from peers.flax_resnet import ConvNorm

    def of(part: ConvNorm) -> list[Any]:
        norm = part.norm
        return [part.conv.kernel, norm.scale, norm.bias, norm.mean, norm.var]

    yield from of(model.stem)
    for block in model.blocks:
        for name in ("first", "second", "third", "shortcut"):
            if part := getattr(block, name, None):
                yield from of(part)
    yield from (model.head.kernel, model.head.bias)


def agree(model: Any) -> None:
    """Gives a module the weights that all forms agree on."""
    found = list(variables(model))
    shapes = [variable[...].shape for variable in found]
    for variable, value in zip(found, agreed_weights(shapes), strict=True):
        variable[...] = value


def maker(_: str) -> Callable[[Job, int], FlaxForm]:
    """Imports Flax and Optax; returns the function that builds the form from a job."""
    import optax  # noqa: F401 -- not to be timed

    import peers.flax_resnet  # noqa: F401 -- not to be timed

    return lambda job, _: FlaxForm(job)
