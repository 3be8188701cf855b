"""PyTorch: native kernels, kernels laid out once, and a plan of the graph.

What Keras does at each call and this does not: copy an image into PyTorch's order of
axes and back, re-order a kernel, and normalise a batch in five passes over memory.

Keras writes a kernel as (*space, in, out), PyTorch reads (out, in, *space) and is
fastest where `in` is the innermost axis in memory. Only the strides of the parameter
change, not its shape, its values or its identity. So whatever is assigned to it later
is laid out, too, and nothing can go stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import keras
import torch

from keras_residual._keras import function_in, is_keras_own, rematerialised
from keras_residual.transforms.accelerate.patch_set import (
    Arrays,
    Compute,
    Descend,
    PatchSet,
    mean_square,
    while_set,
)
from keras_residual.transforms.accelerate.survey import layers_of, why_not, why_not_norm
from keras_residual.transforms.accelerate.torch_kernels import packed
from keras_residual.transforms.accelerate.torch_operations import (
    CONVOLUTIONS,
    patched_call,
)
from keras_residual.transforms.accelerate.torch_plan import plan_for

_RANKS = (4, 5)  # of the kernels that are laid out
_TOGETHER = 1 << 18  # elements: with gradient and momentum, 3 MiB
_OWN_STATE = keras.optimizers.Nadam  # each call counts as a step


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
            _lay_out(self._kernels)
            _lay_out(_slots(self.model))
            around = partial(_then_lay_out, self.model)
            self.replace_update("_parallel_update_step", _update_by_turns, around)

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
        _lay_back(self._kernels)
        _lay_back(_slots(self.model))
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
        call = None if graph is None else plan_for(graph, self._usual, self._pack)
        if call is not None and "call" not in vars(graph):
            self.replace_call(graph, call)
            self.note(layer, path, "calls planned once")

    def _pack(self, layer: Any) -> Any:
        pays = self.use == "inference" and type(layer) in CONVOLUTIONS
        return packed(layer) if pays else None

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


def _lay_out(variables: Iterable[Any]) -> None:
    """Lays out the kernels among variables, and what an optimizer keeps of them."""
    for variable in variables:
        value = variable.value
        if value.ndim in _RANKS and not _laid_out(value):
            out, *rest = range(value.ndim)
            moved = value.data.permute(-1, *range(value.ndim - 1)).contiguous()
            value.data = moved.permute(*rest, out)


def _lay_back(variables: Iterable[Any]) -> None:
    """Lays kernels out as Keras made them."""
    for variable in variables:
        if variable.value.ndim in _RANKS:
            variable.value.data = variable.value.data.contiguous()


def _laid_out(value: torch.Tensor) -> bool:
    return value.permute(-1, *range(value.ndim - 1)).is_contiguous()


def _then_lay_out(model: Any, step: Any) -> Any:
    """Returns a training step that lays out the optimizer's memory of kernels.

    An optimizer makes its slots in the first step; where they lie otherwise than the
    kernels, each step crosses memory against its grain.
    """
    laid: set[int] = set()

    def train_function(data: Any) -> Any:
        logs = step(data)
        optimizer = model.optimizer
        if optimizer is not None and id(optimizer) not in laid:
            laid.add(id(optimizer))
            _lay_out(optimizer.variables)
        return logs

    return train_function


def _update_by_turns(optimizer: Any) -> Callable[..., None] | None:
    """Returns what updates a few variables at a time, or nothing where none may.

    Keras makes one pass over all variables for each term of the update: momentum,
    gradient, sum. A processor reads a large network from memory in each pass. By turns,
    what one pass has read is still in the cache for the next; the numbers are the same
    to the bit.
    """
    ours = is_keras_own(type(optimizer), "backend.torch.optimizers")
    if not ours or isinstance(optimizer, _OWN_STATE):
        return None

    def update(grads: Sequence, variables: Sequence, learning_rate: Any) -> None:
        whole = type(optimizer)._parallel_update_step
        for turn in _turns(variables):
            whole(optimizer, grads[turn], variables[turn], learning_rate)

    return update


def _turns(variables: Sequence[Any]) -> Iterator[slice]:
    """Yields which variables are updated together: one, or many small ones."""
    if any(variable.value.device.type != "cpu" for variable in variables):
        yield slice(None)
        return
    start, elements = 0, 0
    for index, variable in enumerate(variables):
        size = variable.value.numel()
        if index > start and elements + size > _TOGETHER:
            yield slice(start, index)
            start, elements = index, 0
        elements += size
    yield slice(start, len(variables))
