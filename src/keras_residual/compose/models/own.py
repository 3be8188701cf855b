"""Networks of a user's own, built by name as ours are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.common.errors import KindError
from keras_residual.compose.part import Tensor

Shape = tuple[int | None, ...]
Network = Callable[..., Any]


class NetworkError(KindError):
    """Says that a registered network makes nothing, whatever it is given."""


@dataclass(frozen=True)
class Own:
    """A network that somebody registered.

    Attributes:
        network: Makes outputs of inputs and a number of classes.
        input_shape: The shape of one sample, where none is asked for.
    """

    network: Network
    input_shape: Shape

    @property
    def parts(self) -> frozenset[str]:
        """What else it takes, by name."""
        given = inspect.signature(self.network).parameters.values()
        return frozenset(one.name for one in given if one.kind is one.KEYWORD_ONLY)

    def unfold(self, x: Tensor, classes: int | None = None, **parts: Any) -> Tensor:
        """Adds the network to the graph of `x`."""
        outputs = self.network(x, classes, **parts)
        tensors = keras.tree.flatten(outputs)
        if not tensors or not all(isinstance(t, keras.KerasTensor) for t in tensors):
            raise NetworkError(
                f"models.build: {self.network.__name__} made no outputs.",
                given=f"it returned {outputs!r:.80}",
                needed="A network returns what it made of its inputs; `build` adds the "
                "rest.",
                write="return kr.dense(classes)(x)",
            )
        return outputs


def demand_network(network: Any) -> None:
    """Refuses what could not be called as a network.

    Args:
        network: What was registered.

    Raises:
        KindError: It is no function of two arguments.
    """
    try:
        inspect.signature(network).bind("inputs", "classes")
    except (TypeError, ValueError):
        raise KindError(
            "models.register: this is no network.",
            given=f"{network!r:.80}",
            needed="A network is a function of its inputs and the number of its "
            "classes; what else it takes has a default.",
            write='def network(x, classes, *, norm="batch"): ...',
        ) from None
