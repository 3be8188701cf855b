"""The forms of a network that are compared, each with the same four verbs.

A form trains one step, says what that step reads, how large it is, and answers with
agreed weights. A backend is imported when a form is made: a process has one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np

OURS = "keras-residual"
BY_HAND = "Keras by hand"
TORCH = {
    "PyTorch, contiguous": "contiguous_format",
    "PyTorch, channels_last": "channels_last",
}

RATE, MOMENTUM = 0.01, 0.9

# Keras keeps a kernel as (height, width, in, out), PyTorch as (out, in, height, width).
KERAS_ORDER = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}


class Form(Protocol):
    """What is measured."""

    def step(self) -> float:
        """Trains on one batch and returns the loss, so the step has ended."""
        ...

    def parameters(self) -> int:
        """Counts the weights, moving statistics included."""
        ...

    def answer(self) -> np.ndarray:
        """Returns the logits of two pictures under the agreed weights."""
        ...


class KerasForm:
    """A Keras model, trained with `train_on_batch`."""

    def __init__(self, make: Callable[[int], Any], depth: int, batch: int) -> None:
        import keras

        self.pictures, self.labels = samples(batch)
        self.model = make(depth)
        self.model.compile(
            optimizer=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )

    def step(self) -> float:
        return float(self.model.train_on_batch(self.pictures, self.labels))

    def parameters(self) -> int:
        return self.model.count_params()

    def answer(self) -> np.ndarray:
        import keras

        shapes = [weight.shape for weight in self.model.weights]
        self.model.set_weights(list(agreed_weights(shapes)))
        logits = self.model(self.pictures[:2], training=False)
        return keras.ops.convert_to_numpy(logits)


class TorchForm:
    """A PyTorch module, trained with a plain eager loop."""

    def __init__(self, layout: str, depth: int, batch: int) -> None:
        import torch
        from peers.torch_resnet import ResNet

        pictures, self.labels = samples(batch)
        self.pictures = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
        self.layout = getattr(torch, layout)
        self.model = ResNet(depth).to(memory_format=self.layout)
        trained = self.model.parameters()
        self.optimizer = torch.optim.SGD(trained, RATE, momentum=MOMENTUM)
        self.loss = torch.nn.CrossEntropyLoss()

    def step(self) -> float:
        import torch

        logits = self.model(self._input(self.pictures))
        loss = self.loss(logits, torch.from_numpy(self.labels))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def parameters(self) -> int:
        return sum(weight.numel() for weight in self._weights())

    def answer(self) -> np.ndarray:
        import torch

        views = [weight.permute(KERAS_ORDER[weight.ndim]) for weight in self._weights()]
        shapes = [view.shape for view in views]
        for view, weight in zip(views, agreed_weights(shapes), strict=True):
            view.copy_(torch.from_numpy(weight))
        self.model.eval()
        with torch.no_grad():
            return self.model(self._input(self.pictures[:2])).numpy()

    def _input(self, pictures: np.ndarray) -> Any:
        import torch

        return torch.from_numpy(pictures).to(memory_format=self.layout)

    def _weights(self) -> list[Any]:
        state = self.model.state_dict().items()
        return [w for name, w in state if not name.endswith("num_batches_tracked")]


def forms(backend: str) -> list[str]:
    """Returns the names of the forms that run on a backend, ours first."""
    return [OURS, BY_HAND, *(TORCH if backend == "torch" else [])]


def maker(form: str) -> Callable[[int, int], Form]:
    """Imports what a form needs; returns the function that builds it."""
    if form in TORCH:
        import peers.torch_resnet  # noqa: F401 -- not to be timed
        import torch._dynamo  # noqa: F401 -- else the first optimizer imports it

        return lambda depth, batch: TorchForm(TORCH[form], depth, batch)
    if form == OURS:
        # From its room: the front door imports Keras with the first name asked for.
        from keras_residual.compose import models

        def build(depth: int) -> Any:
            return models.build(f"resnet{depth}")
    else:
        from peers.keras_resnet import resnet as build

    return lambda depth, batch: KerasForm(build, depth, batch)


def samples(batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws pictures of noise and labels, the same in every process."""
    random = np.random.default_rng(0)
    pictures = random.standard_normal((batch, 32, 32, 3), dtype=np.float32)
    return pictures, random.integers(0, 10, batch)


def agreed_weights(shapes: Iterable[tuple[int, ...]]) -> Iterator[np.ndarray]:
    """Draws weights, the same in every form that has these shapes in this order."""
    random = np.random.default_rng(1)
    for shape in shapes:
        if len(shape) == 1:  # a bias, or a scale or statistic of a norm
            yield random.uniform(0.5, 1.5, shape).astype(np.float32)
        else:
            scale = 1 / math.sqrt(math.prod(shape[:-1]))
            yield (scale * random.standard_normal(shape)).astype(np.float32)
