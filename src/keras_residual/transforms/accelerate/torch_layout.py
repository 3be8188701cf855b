"""Where a kernel's numbers lie in memory: as oneDNN and cuDNN read them.

Keras writes a kernel as (*space, in, out), PyTorch reads (out, in, *space) and is
fastest where `in` is the innermost axis in memory. Only the strides of the parameter
change, not its shape, its values or its identity. So whatever is assigned to it later
is laid out, too, and nothing can go stale.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

_RANKS = (4, 5)


def lay_out(variables: Iterable[Any]) -> None:
    """Lays out kernels, and what an optimizer keeps of their shape.

    Args:
        variables: Keras variables; those that are no kernels are passed over.
    """
    for variable in variables:
        value = variable.value
        if value.ndim in _RANKS and not _laid_out(value):
            out, *rest = range(value.ndim)
            moved = value.data.permute(-1, *range(value.ndim - 1)).contiguous()
            value.data = moved.permute(*rest, out)


def lay_back(variables: Iterable[Any]) -> None:
    """Lays kernels out as Keras made them.

    Args:
        variables: Keras variables.
    """
    for variable in variables:
        if variable.value.ndim in _RANKS:
            variable.value.data = variable.value.data.contiguous()


def _laid_out(value: torch.Tensor) -> bool:
    return value.permute(-1, *range(value.ndim - 1)).is_contiguous()


def then_lay_out(model: Any, step: Any) -> Any:
    """Returns a training step that lays out the optimizer's memory of kernels.

    An optimizer makes its slots in the first step; where they lie otherwise than the
    kernels, each step crosses memory against its grain.

    Args:
        model: A Keras model.
        step: What Keras made.
    """
    laid: set[int] = set()

    def train_function(data: Any) -> Any:
        logs = step(data)
        optimizer = model.optimizer
        if optimizer is not None and id(optimizer) not in laid:
            laid.add(id(optimizer))
            lay_out(optimizer.variables)
        return logs

    return train_function
