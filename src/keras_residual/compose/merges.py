"""Merges: what joins `[carried, change]`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

import keras

from keras_residual.common.late import public
from keras_residual.compose import axes
from keras_residual.compose.merge import Concatenation, Gating, Merge
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import conv
from keras_residual.compose.operations.elementary import dense
from keras_residual.compose.part import Tensor, factory

__all__ = ["add", "average", "concatenate", "gate", "multiply", "two_gates"]

__dir__ = public(__all__)

P = ParamSpec("P")


def _merge(
    kind: type[Merge],
) -> Callable[
    [Callable[Concatenate[list[Tensor], Scope, P], Tensor]], Callable[P, Merge]
]:
    return lambda build: factory(kind, build)


@_merge(Merge)
def add(paths: list[Tensor], scope: Scope) -> Tensor:
    """Adds the paths, and never broadcasts (which `keras.layers.Add` does silently).

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, equation 1,
        https://arxiv.org/abs/1512.03385.

    Examples:
        >>> kr.Residual(kr.dense(8), merge=kr.merges.add())(keras.Input((8,))).shape
        (None, 8)
    """
    return keras.layers.Add(name=scope.name("add"))(paths)


@_merge(Merge)
def average(paths: list[Tensor], scope: Scope) -> Tensor:
    """Takes the mean of the paths, which keeps the size of the signal.

    Reference:
        Larsson et al., FractalNet, 2016, section 3, https://arxiv.org/abs/1605.07648.

    Examples:
        >>> kr.Residual(kr.dense(8), merge="average")(keras.Input((8,))).shape
        (None, 8)
    """
    return keras.layers.Average(name=scope.name("average"))(paths)


@_merge(Concatenation)
def concatenate(paths: list[Tensor], scope: Scope) -> Tensor:
    """Puts the channels of the paths one after the other, as DenseNet and U-Net do.

    Reference:
        Huang et al., Densely Connected Convolutional Networks, 2016, equation 2,
        https://arxiv.org/abs/1608.06993.

    Examples:
        >>> kr.Residual(kr.conv(12), merge="concatenate")(
        ...     keras.Input((8, 8, 16))).shape
        (None, 8, 8, 28)
    """
    axis = axes.channel_axis(paths[0])
    return keras.layers.Concatenate(axis, name=scope.name("concatenate"))(paths)


@_merge(Gating)
def multiply(paths: list[Tensor], scope: Scope) -> Tensor:
    """Multiplies the paths: the branch computes a gate for its input.

    A branch of size 1 along an axis gates all elements there, as
    squeeze-and-excitation does with one number a channel.

    Reference:
        Hu et al., Squeeze-and-Excitation Networks, 2017, equation 4,
        https://arxiv.org/abs/1709.01507.

    Examples:
        >>> gate = [kr.dense(8, activation="sigmoid")]
        >>> kr.Residual(gate, merge="multiply")(keras.Input((8,))).shape
        (None, 8)
    """
    return keras.layers.Multiply(name=scope.name("multiply"))(paths)


@_merge(Merge)
def gate(paths: list[Tensor], scope: Scope, bias: float = -2.0) -> Tensor:
    """Lets a learned gate `T` choose between the paths: `T change + (1 - T) carried`.

    `T = sigmoid(W carried + bias)`, one number an element: a Highway layer.

    Args:
        bias: Where the gate starts, before the sigmoid. Negative values carry the
            input through; deeper networks want it lower (-1 to -4).

    Reference:
        Srivastava et al., Highway Networks, 2015, equation 3,
        https://arxiv.org/abs/1505.00387.

    Examples:
        >>> highway = kr.Residual(kr.dense(8, activation="relu"), merge="gate")
        >>> highway(keras.Input((8,))).shape
        (None, 8)
    """
    carried, change = paths
    opened = _gate(carried, scope, bias)
    difference = keras.layers.Subtract(name=scope.name("subtract"))([change, carried])
    step = keras.layers.Multiply(name=scope.name("multiply"))([opened, difference])
    return keras.layers.Add(name=scope.name("add"))([carried, step])


@_merge(Merge)
def two_gates(
    paths: list[Tensor],
    scope: Scope,
    transform_bias: float = -2.0,
    carry_bias: float = 2.0,
) -> Tensor:
    """Gives each path a gate of its own: `T change + C carried`.

    The general Highway layer; both gates look at the carried input.

    Args:
        transform_bias: Where the gate of the branch starts, before the sigmoid.
        carry_bias: Where the gate of the shortcut starts, before the sigmoid.

    Reference:
        Srivastava et al., Highway Networks, 2015, equation 2,
        https://arxiv.org/abs/1505.00387.

    Examples:
        >>> kr.Residual(kr.dense(8), merge="two_gates")(keras.Input((8,))).shape
        (None, 8)
    """
    carried, change = paths
    gates = [_gate(carried, scope, b) for b in (carry_bias, transform_bias)]
    gated = [
        keras.layers.Multiply(name=scope.name("multiply"))([opened, path])
        for opened, path in zip(gates, (carried, change), strict=True)
    ]
    return keras.layers.Add(name=scope.name("add"))(gated)


def _gate(carried: Tensor, scope: Scope, bias: float) -> Tensor:
    width = axes.channels(carried, scope.where)
    options = {
        "activation": "sigmoid",
        "bias_initializer": keras.initializers.Constant(bias),
    }
    per_position = conv(width, 1, **options) if axes.rank(carried) else None
    return (per_position or dense(width, **options)).unfold(carried, scope)
