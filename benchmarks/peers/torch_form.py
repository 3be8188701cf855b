"""A PyTorch module as a form, in a plain loop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from harness.forms import KERAS_ORDER, MOMENTUM, RATE, agreed_weights
from harness.job import Job
from torch import nn

from peers.torch_resnet import ResNet
from peers.torch_resnet50 import resnet50

Module = Any  # nn.Module, whose attributes pyright does not know


def by_hand(depth: int) -> Module:
    """Builds the network as one writes it without a library."""
    return ResNet(depth) if depth == 20 else resnet50()


class TorchForm:
    """A PyTorch module that trains, or answers in inference mode.

    Args:
        job: What is timed.
        module: The network.
        layout: How pictures and kernels lie in memory: `"channels_last"`, ...
        prepare: What is done to the module before it is timed.
    """

    def __init__(
        self,
        job: Job,
        module: Module,
        layout: str = "contiguous_format",
        prepare: Callable[[Module], Module] = lambda module: module,
    ) -> None:
        self.job, self.layout = job, getattr(torch, layout)
        self.device = "cuda" if job.device == "gpu" else "cpu"
        pictures, labels = job.samples()
        self.pictures = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
        self.labels = torch.from_numpy(labels).to(self.device)
        self.plain = module.train(job.trains).to(self.device, memory_format=self.layout)
        if not job.trains:
            agree(self.plain)
        self.module = prepare(self.plain)
        trained = self.plain.parameters()
        self.optimizer = torch.optim.SGD(trained, RATE, momentum=MOMENTUM)
        self.loss = nn.CrossEntropyLoss()

    def step(self) -> float:
        if not self.job.trains:
            return self._logits(self.pictures)[0, 0].item()
        with self._cast():
            loss = self.loss(self.module(self._input(self.pictures)), self.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def parameters(self) -> int:
        return sum(weight.numel() for weight in weights(self.plain))

    def answer(self) -> np.ndarray:
        if self.job.trains:
            agree(self.plain)
            self.module = self.plain.eval()
        return self._logits(self.pictures[:2]).float().cpu().numpy()

    def _logits(self, pictures: np.ndarray) -> torch.Tensor:
        with torch.inference_mode(), self._cast():
            return self.module(self._input(pictures))

    def _input(self, pictures: np.ndarray) -> torch.Tensor:
        given = torch.from_numpy(pictures)
        return given.to(self.device, memory_format=self.layout)

    def _cast(self) -> Any:
        if self.job.dtype == "float32":
            return nullcontext()
        return torch.autocast(self.device, getattr(torch, self.job.dtype))


def weights(module: Module) -> list[torch.Tensor]:
    """Returns a module's weights and statistics in the order of its definition."""
    state = module.state_dict().items()
    return [w for name, w in state if not name.endswith("num_batches_tracked")]


def agree(module: Module) -> None:
    """Gives a module the weights that all forms agree on."""
    views = [weight.permute(KERAS_ORDER[weight.ndim]) for weight in weights(module)]
    shapes = [tuple(view.shape) for view in views]
    for view, weight in zip(views, agreed_weights(shapes), strict=True):
        view.copy_(torch.from_numpy(weight))
