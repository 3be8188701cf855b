"""What stands on paper: values, and the calls that make them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np


class Value:
    """One tensor on paper. Two values are the same only if they are one object.

    Args:
        shape: Its shape.
        dtype: Its dtype.
        masked: Whether a mask travels with it.
    """

    __slots__ = ("dtype", "first", "masked", "shape")

    def __init__(
        self, shape: tuple[int | None, ...], dtype: str, masked: bool = False
    ) -> None:
        self.shape, self.dtype, self.masked = tuple(shape), dtype, masked
        self.first: bool | None = None  # whether its channels are, where that is known


@dataclass(eq=False, slots=True)
class NewLayer:
    """A layer that is to be made.

    Args:
        kind: Its class.
        config: What `kind.from_config` takes; it holds the name.
        weights: The values of its variables, by attribute, more exact than those may
            hold. A variable that is not named keeps its initial value.
        trained: Whether each of these is trainable, where that is not the layer's say.
    """

    kind: type[keras.layers.Layer]
    config: dict[str, Any]
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    trained: dict[str, bool] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.config["name"]


@dataclass(eq=False, slots=True)
class Call:
    """One call of a layer or operation, on values instead of tensors.

    Args:
        operation: A layer or operation of the old model, or a planned layer.
        args: The positional arguments, values among them.
        kwargs: The keyword arguments.
        outputs: The values that it returns, flat.
        node: The node of Keras's graph that it was copied from; None for a new call.
    """

    operation: Any
    args: tuple
    kwargs: dict[str, Any]
    outputs: list[Value]
    node: Any = None
    reads: list[Value] = field(init=False)
    """The values among the arguments, each as often as it is given."""

    def __post_init__(self) -> None:
        self.read(self.args, self.kwargs)

    def read(self, args: tuple, kwargs: dict[str, Any]) -> None:
        """Takes other arguments; `Draft.rewire` and `Draft.replace` keep the books."""
        self.args, self.kwargs = args, kwargs
        self.reads = values_in((args, kwargs))

    @property
    def named_reads(self) -> list[tuple[str, Value]]:
        """The values among the keyword arguments, under their names."""
        if not self.kwargs:
            return []
        return [
            (n, value) for n, given in self.kwargs.items() for value in values_in(given)
        ]

    @property
    def name(self) -> str:
        """Name of the layer or operation."""
        return self.operation.name


def values_in(structure: Any) -> list[Value]:
    """Returns the values among arguments or outputs, in order."""
    return [x for x in keras.tree.flatten(structure) if isinstance(x, Value)]
