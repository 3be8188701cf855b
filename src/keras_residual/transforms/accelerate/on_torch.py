"""PyTorch: native kernels, kernels laid out once, and a plan of the graph.

What Keras does at each call and this does not: copy an image into PyTorch's order of
axes and back, re-order a kernel, and normalise a batch in five passes over memory.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import torch

from keras_residual._keras import function_in, rematerialised
from keras_residual.transforms.accelerate.patch_set import (
    Arrays,
    Compute,
    Descend,
    PatchSet,
    mean_square,
)
from keras_residual.transforms.accelerate.settings import while_set
from keras_residual.transforms.accelerate.survey import layers_of, why_not, why_not_norm
from keras_residual.transforms.accelerate.torch_layers import CONVOLUTIONS, patched_call
from keras_residual.transforms.accelerate.torch_layout import (
    lay_back,
    lay_out,
    then_lay_out,
)
from keras_residual.transforms.accelerate.torch_packing import packed
from keras_residual.transforms.accelerate.torch_steps import plan_for
from keras_residual.transforms.accelerate.torch_updates import update_by_turns


class Torch(PatchSet):
    """What was done to a model on PyTorch."""

    def __init__(self, model: keras.Model, use: str = "training") -> None:
        super().__init__(model, use)
        self._kernels: list[Any] = []

    def install(self) -> None:
        """Replaces what pays."""
        layers = list(layers_of(self.model))
        for path, layer in layers:
            self._replace_layer(path, layer)
        for path, layer in layers:
            self._replace_model(path, layer)
        if self._kernels and self.use == "training":
            lay_out(self._kernels)
            lay_out(_slots(self.model))
            around = partial(then_lay_out, self.model)
            self.replace_update("_parallel_update_step", update_by_turns, around)

    def inference(self, compute: Compute) -> Compute:
        """Returns what answers as the model does now, without autograd."""
        return torch.no_grad()(compute)

    def training(self, compute: Compute, weights: list[Any]) -> Descend:
        """Returns what descends as the model does now."""

        def descend(given: Arrays) -> tuple[list[Any], list[Any]]:
            values = [variable.value for variable in weights]
            made = compute(given)
            loss = mean_square(made)
            if not values or not loss.requires_grad:
                return made, [None] * len(values)
            slopes = torch.autograd.grad(loss, values, allow_unused=True)
            return [out.detach() for out in made], list(slopes)

        return descend

    def undo(self) -> None:
        """Gives every layer its own computation back, and every kernel its layout."""
        super().undo()
        lay_back(self._kernels)
        lay_back(_slots(self.model))
        self._kernels.clear()

    def _replace_layer(self, path: str, layer: Any) -> None:
        call = patched_call(layer)
        if call is None:
            return
        norm = type(layer) is keras.layers.BatchNormalization
        why = (why_not_norm if norm else why_not)(layer)
        if norm and not why and not _by_channel(layer):
            why = "its channels are neither the first axis after the batch nor the last"
        if why:
            self.leave(layer, path, why)
            return
        self.replace_call(layer, while_set(layer, call))
        self.note(layer, path, "native kernel")
        if type(layer) in CONVOLUTIONS:
            self._kernels.append(layer.kernel)

    def _replace_model(self, path: str, layer: Any) -> None:
        graph = layer
        if isinstance(layer, keras.Sequential):
            graph = function_in(layer)
        plan = None if graph is None else plan_for(graph, self._usual, self._pack)
        if plan is not None and "call" not in vars(graph):
            self.replace_call(graph, plan.call)
            self.note(layer, path, "calls planned once")

    def _pack(self, layer: Any) -> Any:
        return packed(layer) if self.use == "inference" else None

    def _usual(self, operation: Any) -> bool:
        """Says whether an operation computes in float32 and does nothing besides."""
        if rematerialised(operation):
            return False
        if not isinstance(operation, keras.layers.Layer):
            return True
        replaced = vars(operation).get("call")
        return (
            (replaced is None or self.replaced(operation, "call"))
            and operation.built
            and operation.compute_dtype == operation.variable_dtype == "float32"
            and operation.activity_regularizer is None
        )


def _slots(model: keras.Model) -> list[Any]:
    optimizer = getattr(model, "optimizer", None)
    return [] if optimizer is None else optimizer.variables


def _by_channel(layer: Any) -> bool:
    rank = layer.input_spec.ndim
    return layer.axis % rank in (1, rank - 1)
