"""Mixture of depths: branches that work on some steps of a sequence alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked, offered
from keras_residual.compose.connections.connection import Connection, Step, alike
from keras_residual.compose.layers.streams.routing import ReturnSteps, RouteSteps
from keras_residual.compose.operations.turning import need_sequence
from keras_residual.compose.part import Tensor

RouterGate = Literal["linear", "sigmoid"]
offered("RouterGate", get_args(RouterGate))


@dataclass(frozen=True, repr=False)
class MixtureOfDepths(Connection):
    """A stream that all steps pass and some leave, to be worked on."""

    capacity: float = 0.125
    every: int = 2
    gate: str = "linear"

    def _routes(self, step: Step) -> bool:
        return (step.index + 1) % self.every == 0

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        if not self._routes(step):
            return stream, stream
        need_sequence(stream, step.scope, "a mixture of depths")
        first = axes.channel_axis(stream) == 1
        steps = stream.shape[2 if first else 1]
        if steps is None:
            raise ResidualError(
                f'Connection "{step.scope.prefix}": its steps, of which it takes '
                "a share, are not known.",
                given=tuple(stream.shape),
                needed="A mixture of depths takes as many steps of every sequence.",
                write="keras.Input((128, 64))",
            )
        layer = RouteSteps(
            max(1, int(self.capacity * steps)),
            gate=self.gate,
            channels_first=first,
            name=step.scope.name("read"),
        )
        read, route = layer(stream)
        return read, (stream, route)

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        if not self._routes(step):
            return super().write(stream, x, change, step)
        change, name = alike(x, change, step), step.scope.name("write")
        layer = ReturnSteps(channels_first=axes.channel_axis(x) == 1, name=name)
        return layer([stream[0], change, stream[1]])


@checked
def mixture_of_depths(
    capacity: float = 0.125,
    *,
    every: Count = 2,
    gate: RouterGate = "linear",
) -> MixtureOfDepths:
    """Lets a branch work on the steps alone that a router chooses (mixture of depths).

    `x_i + r_i F(X)_i` for the `k` steps with the highest `r = w' x`, and `x_i` for the
    others; `X` are the chosen steps, in their order. The router learns through `r_i`.
    A branch is best a whole block, attention and perceptron, whose own skips are in it:
    attention then reads chosen steps only. Positions have to be in the stream already.

    Whether a step is chosen depends on later ones, also where the branch is causal. To
    generate step by step, train a predictor of the choice beside it, as the paper does.

    Identity at initialisation: no. How the router starts is not published; here it is
    Glorot's.

    Args:
        capacity: Share of the steps that are chosen, rounded down, and at least one.
        every: Which branches choose: with 2, as published, every second; the others
            read all steps.
        gate: `"linear"` multiplies with `r_i` as published; `"sigmoid"` with its
            sigmoid, which cannot grow.

    Returns:
        A connection, for `kr.connect`.

    Raises:
        ResidualError: The capacity is no share.

    Reference:
        Raposo et al., Mixture-of-Depths: Dynamically allocating compute in
        transformer-based language models, 2024, equation 1,
        https://arxiv.org/abs/2404.02258.

    Examples:
        >>> x = keras.Input((16, 8))
        >>> via = kr.connections.mixture_of_depths(0.25)
        >>> kr.connect(x, [kr.dense(8)] * 4, via=via).shape
        (None, 16, 8)
    """
    if not 0 < capacity <= 1:
        raise ResidualError(
            "mixture_of_depths: `capacity` is a share of the steps, above 0 and at "
            "most 1.",
            given=capacity,
            write="capacity=0.125",
        )
    return MixtureOfDepths(capacity, every, gate)
