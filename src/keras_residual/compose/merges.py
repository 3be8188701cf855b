"""Merges: what joins `[carried, change]`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Literal, ParamSpec

import keras

from keras_residual.common.late import public
from keras_residual.compose import axes
from keras_residual.compose.layers import Fusion, ShakeShake
from keras_residual.compose.merge import Concatenation, Gating, Merge
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import conv
from keras_residual.compose.operations.elementary import dense
from keras_residual.compose.part import Tensor, factory

__all__ = [
    "add",
    "average",
    "concatenate",
    "fusion",
    "gate",
    "gru_gate",
    "multiply",
    "shake_shake",
    "two_gates",
]

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
    """Takes the mean of the paths: however many they are, the signal does not grow.

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
    return _lerp(carried, change, opened, scope)


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


@_merge(Merge)
def gru_gate(paths: list[Tensor], scope: Scope, bias: float = 2.0) -> Tensor:
    """Updates the stream as a gated recurrent unit updates its state (GTrXL).

    With `x` carried and the change `y`: `r = sigmoid(Wr y + Ur x)`,
    `z = sigmoid(Wz y + Uz x - bias)`, `h = tanh(Wg y + Ug (r x))`, and the output is
    `(1 - z) x + z h`. In the paper a ReLU ends the branch. For transformers that are
    trained by reinforcement; it has six matrices as wide as the stream.

    Identity at initialisation: no; some nine tenths of the input are carried.

    Args:
        bias: How far the gate is closed at first.

    Reference:
        Parisotto et al., Stabilizing Transformers for Reinforcement Learning, 2019,
        https://arxiv.org/abs/1910.06764.

    Examples:
        >>> block = kr.Residual([kr.dense(8), "relu"], merge="gru_gate")
        >>> block(keras.Input((8,))).shape
        (None, 8)
    """
    carried, change = paths

    def gated(x: Tensor, function: str, bias: float | None = None) -> Tensor:
        both = [_matrix(change, scope), _matrix(x, scope, bias)]
        y = keras.layers.Add(name=scope.name("add"))(both)
        return keras.layers.Activation(function, name=scope.name(function))(y)

    reset, update = gated(carried, "sigmoid"), gated(carried, "sigmoid", -bias)
    seen = keras.layers.Multiply(name=scope.name("multiply"))([reset, carried])
    return _lerp(carried, gated(seen, "tanh"), update, scope)


@_merge(Merge)
def fusion(
    paths: list[Tensor],
    scope: Scope,
    weighting: Literal["fast", "softmax"] = "fast",
    *,
    epsilon: float = 1e-4,
) -> Tensor:
    """Adds any number of paths, each with a learned share of the whole (BiFPN).

    For features of several scales. A path whose weight falls below zero is off, and
    with `"fast"` does not come back; keep the weights out of weight decay.

    Identity at initialisation: no; each path has the same share.

    Args:
        weighting: `"fast"` divides rectified weights by their sum; `"softmax"` takes
            their softmax, which is slower and no better in the paper.
        epsilon: Added to the sum of `"fast"`.

    Reference:
        Tan et al., EfficientDet: Scalable and Efficient Object Detection, 2019,
        https://arxiv.org/abs/1911.09070.

    Examples:
        >>> kr.Residual(kr.conv(8), merge="fusion")(keras.Input((6, 6, 8))).shape
        (None, 6, 6, 8)
    """
    return Fusion(weighting, epsilon=epsilon, name=scope.name("fusion"))(paths)


@_merge(Merge)
def shake_shake(
    paths: list[Tensor],
    scope: Scope,
    forward: Literal["shake", "even"] = "shake",
    backward: Literal["shake", "keep", "even"] = "shake",
    *,
    per: Literal["sample", "batch"] = "sample",
    seed: int | None = None,
) -> Tensor:
    """Adds two branches in random shares, other ones forward than backward.

    It joins branches and no shortcut: `kr.Residual(kr.parallel([f, g], "shake_shake"))`
    is `x + a f(x) + (1 - a) g(x)`. For small pictures and very long training.

    Identity at initialisation: no; in inference it is the mean of the branches.

    Args:
        forward: `"shake"` draws `a` from 0 to 1; with `"even"` it is 0.5.
        backward: `"shake"` draws the share of gradients anew; with `"keep"` it is that
            of the forward pass, with `"even"` 0.5.
        per: `"sample"` draws for each sample, `"batch"` once for the batch.
        seed: Makes the draws repeatable.

    Reference:
        Gastaldi, Shake-Shake regularization, 2017,
        https://arxiv.org/abs/1705.07485.

    Raises:
        ResidualError: There is no such convention, or there are not two branches.

    Examples:
        >>> shaken = kr.parallel([kr.conv(8), kr.conv(8)], merge="shake_shake")
        >>> kr.Residual(shaken)(keras.Input((6, 6, 8))).shape
        (None, 6, 6, 8)
    """
    name = scope.name("shake_shake")
    return ShakeShake(forward, backward, per=per, seed=seed, name=name)(paths)


def _lerp(carried: Tensor, change: Tensor, opened: Tensor, scope: Scope) -> Tensor:
    """Goes from what is carried towards the change, as far as the gate is open."""
    difference = keras.layers.Subtract(name=scope.name("subtract"))([change, carried])
    step = keras.layers.Multiply(name=scope.name("multiply"))([opened, difference])
    return keras.layers.Add(name=scope.name("add"))([carried, step])


def _gate(carried: Tensor, scope: Scope, bias: float) -> Tensor:
    return _matrix(carried, scope, bias, activation="sigmoid")


def _matrix(
    x: Tensor, scope: Scope, bias: float | None = None, **options: Any
) -> Tensor:
    """Multiplies each position with a square matrix; adds a bias if one is given."""
    width = axes.channels(x, scope.where)
    options["use_bias"] = bias is not None
    if bias is not None:
        options["bias_initializer"] = keras.initializers.Constant(bias)
    made = conv(width, 1, **options) if axes.rank(x) else dense(width, **options)
    return made.unfold(x, scope)
