"""The forms of `accelerate.py`: Keras as it is, accelerated, and PyTorch by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

PLAIN, OURS = "Keras", "Keras, accelerated"
TORCH = {
    "PyTorch, contiguous": "contiguous_format",
    "PyTorch, channels_last": "channels_last",
}


@dataclass(frozen=True)
class Job:
    """What is timed.

    Attributes:
        depth: Depth of the ResNet: 20 (CIFAR) or 50 (ImageNet).
        batch: Pictures at a time.
        side: Their height and width.
        trains: Whether a step trains, or only answers.
    """

    depth: int
    batch: int
    side: int
    trains: bool

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


class KerasForm:
    """A Keras model, as it is or accelerated."""

    def __init__(self, job: Job, accelerated: bool) -> None:
        import keras

        from keras_residual.build import models
        from keras_residual.rewrite.accelerate import accelerate

        self.job = job
        self.pictures, self.labels = job.samples()
        shape = self.pictures.shape[1:]
        self.model = models.build(f"resnet{job.depth}", input_shape=shape)
        if accelerated:
            accelerate(self.model, inputs=[self.pictures[:2]])
        self.model.compile(
            optimizer=keras.optimizers.SGD(0.01, momentum=0.9),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )

    def step(self) -> float:
        if self.job.trains:
            return float(self.model.train_on_batch(self.pictures, self.labels))
        return float(self.model.predict_on_batch(self.pictures)[0, 0])

    def parameters(self) -> int:
        return self.model.count_params()

    def answer(self) -> np.ndarray:
        return np.zeros(1)  # what `accelerate` proves, it proves itself


class TorchForm:
    """A PyTorch module and a plain eager loop."""

    def __init__(self, job: Job, layout: str) -> None:
        import torch

        from peers.torch_resnet import ResNet
        from peers.torch_resnet50 import resnet50

        self.job, self.layout = job, getattr(torch, layout)
        pictures, labels = job.samples()
        self.pictures = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
        self.labels = torch.from_numpy(labels)
        model = ResNet(20) if job.depth == 20 else resnet50()
        laid: Any = model.train(job.trains)
        self.model = laid.to(memory_format=self.layout)
        trained = self.model.parameters()
        self.optimizer = torch.optim.SGD(trained, 0.01, momentum=0.9)
        self.loss = torch.nn.CrossEntropyLoss()

    def step(self) -> float:
        import torch

        x = torch.from_numpy(self.pictures).to(memory_format=self.layout)
        if not self.job.trains:
            with torch.inference_mode():
                return self.model(x)[0, 0].item()
        loss = self.loss(self.model(x), self.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def parameters(self) -> int:
        state = self.model.state_dict().items()
        return sum(w.numel() for n, w in state if not n.endswith("batches_tracked"))

    def answer(self) -> np.ndarray:
        return np.zeros(1)


def forms(backend: str) -> list[str]:
    """Returns the names of the forms that run on a backend, ours first.

    Args:
        backend: What Keras computes with.
    """
    return [OURS, PLAIN, *(TORCH if backend == "torch" else [])]


def maker(form: str) -> Callable[[Any, int], Any]:
    """Imports what a form needs; returns the function that builds it from a job.

    Args:
        form: One of `forms(backend)`.
    """
    if form in TORCH:
        import torch._dynamo  # noqa: F401 -- else the first optimizer imports it

        return lambda job, _: TorchForm(job, TORCH[form])
    import keras_residual.rewrite.accelerate  # noqa: F401 -- not to be timed

    return lambda job, _: KerasForm(job, form == OURS)
