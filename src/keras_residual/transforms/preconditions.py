"""When a layer may be changed at all: read from the graph, never from a name."""

from __future__ import annotations

from collections import Counter
from typing import Any

import keras
import numpy as np

from keras_residual._keras import class_name
from keras_residual.graph.numbers import numbers
from keras_residual.transforms.call import Call, NewLayer, Value
from keras_residual.transforms.draft import Draft


class NotApplicable(Exception):  # noqa: N818  it is an answer
    """Says why a layer stays as it is."""


class Work:
    """The draft that a pass works on, and what it must know of all drafts around.

    Args:
        draft: The draft of one model.
        times: How often each operation is called, by its identity.
    """

    def __init__(self, draft: Draft, times: Counter[int]) -> None:
        self.draft, self._times = draft, times

    def only_user(self, value: Value, what: str = "it") -> Call:
        """Returns the one call that reads a value.

        Args:
            value: The value.
            what: What returns it, for the reason.

        Raises:
            NotApplicable: Others read it too.
        """
        users = self.draft.users(value)
        if value in self.draft.read_outside:
            raise NotApplicable(f"{what} returns an output of the model")
        if len(users) != 1:
            raise NotApplicable(f"{what} is read by {len(users)} layers")
        return users[0]

    def own(self, call: Call, what: str = "it") -> None:
        """Asks that the layer of a call is called nowhere else.

        Args:
            call: The call.
            what: What the layer is, for the reason.

        Raises:
            NotApplicable: It is shared.
        """
        if (times := self._times[id(call.operation)]) > 1:
            raise NotApplicable(f"{what} is shared: called {times} times")


def works(outer: Draft) -> list[Work]:
    """Returns the work on a model and on those inside.

    Args:
        outer: The outermost draft.
    """
    times = outer.times()
    return [Work(one, times) for one in outer.family.values()]


def merges_of(outer: Draft) -> set[str]:
    """Returns the paths of the merges that a draft still has from its model.

    Args:
        outer: The outermost draft.
    """
    return {
        one.path_of(call)
        for one in outer.family.values()
        for call in one.calls
        if len(call.reads) > 1 and not isinstance(call.operation, NewLayer)
    }


def class_of(call: Call) -> type:
    """Returns the class of what is called."""
    operation = call.operation
    return operation.kind if isinstance(operation, NewLayer) else type(operation)


def full_name(call: Call) -> str:
    """Returns the name of the class, also of one that is not public."""
    return class_name(class_of(call))


def config_of(call: Call) -> dict[str, Any]:
    """Returns the settings of the layer of a call."""
    operation = call.operation
    if isinstance(operation, NewLayer):
        return operation.config
    try:
        return operation.get_config()
    except Exception:  # foreign code: whatever it raises, it does not say
        raise NotApplicable("it does not say how it was made") from None


def weight_of(call: Call, name: str) -> np.ndarray | None:
    """Returns one variable of a layer, in double precision; None if it has none."""
    operation = call.operation
    if isinstance(operation, NewLayer):
        return operation.weights.get(name)
    variable = getattr(operation, name, None)
    return None if variable is None else numbers(variable)


def held(call: Call, name: str) -> np.ndarray:
    """Returns one variable of a layer that always has it, in double precision.

    Raises:
        NotApplicable: It was never built.
    """
    value = weight_of(call, name)
    if value is None:
        raise NotApplicable("it is not built")
    return value


def quantized(call: Call) -> bool:
    """Says whether the weights of a layer are not simply what it multiplies with."""
    layer = call.operation
    return bool(
        getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", 0)
    )


def plain_input(call: Call, what: str = "it") -> Value:
    """Returns the one tensor that a call reads, if it reads nothing else.

    Args:
        call: The call.
        what: What it is, for the reason.

    Raises:
        NotApplicable: It is given a mask, more tensors, or is told to train.
    """
    if call.kwargs.get("training"):
        raise NotApplicable(f"{what} is called with training=True")
    if class_of(call) is keras.layers.BatchNormalization:
        return call.reads[0]  # it heeds its mask in training only
    return one_input(call, what)


def one_input(call: Call, what: str = "it") -> Value:
    """Returns the one tensor that a call reads, if it reads nothing else.

    Args:
        call: The call; it may be told to train.
        what: What it is, for the reason.

    Raises:
        NotApplicable: It is given a mask or more tensors.
    """
    if call.named_reads:
        names = ", ".join(name for name, _ in call.named_reads)
        raise NotApplicable(f"{what} is given more than one tensor: {names}")
    if len(call.reads) != 1 or len(call.outputs) != 1:
        raise NotApplicable(f"{what} does not read one tensor and return one")
    return call.reads[0]


def same_kind(*values: Value) -> None:
    """Asks that values are floating-point numbers of one dtype.

    Raises:
        NotApplicable: They are not.
    """
    dtypes = sorted({value.dtype for value in values})
    if len(dtypes) > 1:
        raise NotApplicable(f"it changes the dtype: {' and '.join(dtypes)}")
    if "float" not in dtypes[0]:
        raise NotApplicable(f"it computes in {dtypes[0]}")


def same_mask(value: Value, other: Value) -> None:
    """Asks that both carry a mask, or neither does: one may stand for the other.

    Raises:
        NotApplicable: The mask would reach further than it did.
    """
    if value.masked != other.masked:
        raise NotApplicable("it ends a mask, which would go on without it")
