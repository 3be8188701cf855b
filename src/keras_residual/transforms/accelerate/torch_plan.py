"""Runs a Functional model as a list of steps that was made once.

Keras looks at every call anew: dtypes, masks, arguments, names. For the networks that
we care about that takes longer than a small convolution. A plan looks once. Between
kernels it keeps a tensor in PyTorch's order of axes, writes over what nobody reads any
more, and lets it go after its last reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import torch

from keras_residual._keras import mask_on, output_structure, scoped, standardized
from keras_residual.transforms.accelerate.settings import settings
from keras_residual.transforms.accelerate.torch_layers import computes

Values = list[Any]

_LISTENERS = ("_forward_hooks", "_forward_pre_hooks")
_LISTENERS += ("_backward_hooks", "_backward_pre_hooks")


@dataclass(slots=True)
class PlannedCall:
    """One thing to do.

    Args:
        run: Reads and writes the values of a call, given whether it trains.
        reads: The slots that it reads.
        writes: The slots that it writes.
        frees: The slots that nobody reads later.
    """

    run: Callable[[Values, bool | None], None]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    frees: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A model's graph as steps.

    Args:
        model: The Functional model.
        steps: What to do, in order.
        slots: How many values there are.
        inputs: Where the inputs go.
        outputs: Where the outputs are found.
        direct: The operations that steps compute without calling them, with what was
            assumed of them when the plan was made.
    """

    model: Any
    steps: tuple[PlannedCall, ...]
    slots: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    direct: tuple[tuple[Any, Any], ...]

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **more: Any
    ) -> Any:
        """Stands in for the model's `call`.

        Args:
            inputs: As Keras takes them.
            training: As Keras takes it.
            mask: As Keras takes it; with one, Keras computes.
            **more: Any other argument; with one, Keras computes.
        """
        model = self.model
        flat = keras.tree.flatten(inputs)
        if mask is not None or more or not self._fits(flat):
            return type(model).call(model, inputs, training=training, mask=mask, **more)
        values: Values = [None] * self.slots
        for slot, value in zip(self.inputs, standardized(model, inputs), strict=True):
            values[slot] = value
        for step in self.steps:
            step.run(values, training)
            for slot in step.frees:
                values[slot] = None
        made = [values[slot] for slot in self.outputs]
        packed = keras.tree.pack_sequence_as(output_structure(model), made)
        single = isinstance(packed, (list, tuple)) and len(packed) == 1
        return packed[0] if single else packed

    def _fits(self, inputs: list[Any]) -> bool:
        """Says whether nothing is at work that Keras would look for at each call."""
        return (
            len(inputs) == len(self.inputs)
            and all(map(_plain, inputs))
            and not scoped()
            and all(map(_untouched, self.direct))
        )


def _plain(x: Any) -> bool:
    if isinstance(x, np.ndarray):  # as `predict_on_batch` hands it on
        return x.size > 0 and not torch.compiler.is_compiling() and not _autocasts()
    return computes(x) and mask_on(x) is None and not _autocasts()


def _autocasts() -> bool:
    return any(map(torch.is_autocast_enabled, ("cpu", "cuda")))


def assumed(operation: Any) -> tuple[Any, ...]:
    """Returns what a plan takes for granted of an operation that it does not call.

    Args:
        operation: A layer or operation.
    """
    return vars(operation).get("call"), *settings(operation)


def _untouched(entry: tuple[Any, Any]) -> bool:
    """Says whether a layer still does what it did, with nobody listening."""
    operation, before = entry
    return assumed(operation) == before and not any(
        map(vars(operation).get, _LISTENERS)
    )


def free_after_last_reader(steps: list[PlannedCall], kept: set[int]) -> None:
    """Says after which step each slot is let go.

    Args:
        steps: All steps; their `frees` are set.
        kept: The slots of the outputs.
    """
    seen = set(kept)
    for step in reversed(steps):
        last = [s for s in dict.fromkeys((*step.reads, *step.writes)) if s not in seen]
        seen.update(last)
        step.frees = tuple(last)
