"""The step of GCNII, on the nodes of a graph."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.named import PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.turning import need_sequence, pointwise
from keras_residual.compose.part import Tensor, part
from keras_residual.compose.parts import scale
from keras_residual.compose.residual import Residual

_matrix = part(pointwise)


@part
@checked
def gcnii(
    x: Tensor,
    scope: Scope,
    initial: Any,
    adjacency: Any,
    *,
    layer: Count,
    alpha: float = 0.1,
    lambda_: float = 0.5,
    activation: PartSlot = "relu",
) -> Tensor:
    """Makes a step of GCNII, which stays apart from its neighbours at any depth.

    Each step mixes the first step's features in again (initial residual), and its
    matrix is nearly the identity where it is deep (identity mapping). The graph is
    given as a second symbolic tensor, an input of the model.

    Reference:
        Chen et al., Simple and Deep Graph Convolutional Networks, 2020,
        https://arxiv.org/abs/2007.02133.

    Args:
        initial: Symbolic tensor: the features before the first step, shaped as `x`.
        adjacency: Symbolic tensor `(batch, nodes, nodes)`: the graph with self-loops,
            normalised, `D^(-1/2) (A + I) D^(-1/2)`.
        layer: The number of this step, counted from 1.
        alpha: Share of the initial features.
        lambda_: With it the matrix's share is `log(lambda_ / layer + 1)`.
        activation: Activation after the step.

    Returns:
        The part. Identity at initialisation: no.

    Examples:
        >>> x, graph = keras.Input((10, 16)), keras.Input((10, 10))
        >>> kr.blocks.gcnii(x, graph, layer=1)(x).shape
        (None, 10, 16)
    """
    need_sequence(x, scope, "GCNII")
    _need_graph(x, initial, adjacency)
    width, beta = axes.channels(x, scope.where), math.log(lambda_ / layer + 1)
    scope = Scope(scope.claim("gcnii"))
    spread = keras.layers.Dot(_axes(x), name=scope.name("spread"))([adjacency, x])
    shares = [
        keras.layers.Rescaling(share, name=scope.name("share"))(each)
        for share, each in ((1 - alpha, _as(x, spread, scope)), (alpha, initial))
    ]
    mixed = keras.layers.Add(name=scope.name("add"))(shares)
    reach = width**-0.5
    start = keras.initializers.RandomUniform(-reach, reach)
    matrix = _matrix(width, use_bias=False, kernel_initializer=start)
    branch = [matrix, scale(beta, trainable=False)]
    carried = scale(1 - beta, trainable=False)
    return Residual(branch, carried, activation=activation).unfold(mixed, scope)


def _need_graph(x: Tensor, initial: Any, adjacency: Any) -> None:
    """Refuses a graph of other nodes, and features of another shape."""
    nodes = x.shape[axes.places(x)[0]]
    square, whole = (nodes, nodes), tuple(x.shape[1:])
    first, graph = (tuple(getattr(one, "shape", ())) for one in (initial, adjacency))
    if len(first) != len(whole) + 1 or not all(map(_may_be, first[1:], whole)):
        raise _unfit("initial", first, x, whole)
    if len(graph) != 3 or graph[1:] != square:
        raise _unfit("adjacency", graph, x, square)


def _may_be(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _unfit(name: str, found: Any, x: Tensor, shape: Any) -> ResidualError:
    return ResidualError(
        f"gcnii: `{name}` does not fit.",
        given=f"{name} of shape {found}, for {tuple(x.shape)}",
        needed="The first features have the shape of the input, and the graph is "
        "(batch, nodes, nodes).",
        write=f"{name}=keras.Input({shape})",
    )


def _axes(x: Tensor) -> tuple[int, int]:
    """Returns the axis of neighbours in the graph, and that of nodes in `x`."""
    return 2, axes.places(x)[0]


def _as(x: Tensor, spread: Tensor, scope: Scope) -> Tensor:
    """Turns (batch, nodes, channels), which `Dot` makes, into the layout of `x`."""
    if axes.channel_axis(x) == -1:
        return spread
    return keras.layers.Permute((2, 1), name=scope.name("turn"))(spread)
