"""Branches that a second tensor steers."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose import axes
from keras_residual.compose.meeting import keep_mask
from keras_residual.compose.named import NormSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.elementary import dense
from keras_residual.compose.operations.normalization import as_norm, norm
from keras_residual.compose.part import Tensor, as_part, part

PLAIN_NORM = norm("layer", center=False, scale=False, epsilon=1e-6)


@part
def adaln_zero(
    x: Tensor,
    scope: Scope,
    branch: Any,
    condition: Any,
    *,
    norm: NormSlot = PLAIN_NORM,
    activation: Any = "silu",
) -> Tensor:
    """Scales, shifts and gates a branch as a condition says: `g F((1 + s) N(x) + b)`.

    `s`, `b` and `g` are linear in the activated condition, and start at zero. For
    networks that are told a time or a class, such as diffusion transformers.

    Identity at initialisation: of the block around it, yes.

    Args:
        branch: The part that is steered; its output is as wide as its input.
        condition: What steers it: a symbolic tensor `(batch, features)`, such as an
            embedding of the time, or a part that makes one of the branch's input.
        norm: A norm or its kind; by default a layer norm without weights.
        activation: Activation of the condition.

    Reference:
        Peebles & Xie, Scalable Diffusion Models with Transformers, 2022,
        https://arxiv.org/abs/2212.09748.

    Examples:
        >>> x, time = keras.Input((16, 8)), keras.Input((4,))
        >>> kr.Residual(kr.parts.adaln_zero(kr.dense(8), time))(x).shape
        (None, 16, 8)
    """
    inner = scope.inside("condition")
    told = condition
    if not isinstance(condition, keras.KerasTensor):
        told = as_part(condition).unfold(x, inner)
    told = as_part(activation).unfold(told, inner)
    shift, scale, gate = (_numbers(told, x, inner) for _ in range(3))
    scale = keras.layers.Rescaling(1.0, offset=1.0, name=inner.name("one_more"))(scale)
    y = as_norm(norm).unfold(x, scope)
    y = keras.layers.Multiply(name=scope.name("multiply"))([y, scale])
    y = keras.layers.Add(name=scope.name("add"))([y, shift])
    y = as_part(branch).unfold(keep_mask(x, y, scope), scope)
    y = keras.layers.Multiply(name=scope.name("multiply"))([y, gate])
    return keep_mask(x, y, scope)  # a condition has none


def _numbers(told: Tensor, x: Tensor, scope: Scope) -> Tensor:
    """Makes a number a channel, for all positions; zero at first."""
    width = axes.channels(x, scope.where)
    y = dense(width, kernel_initializer="zeros").unfold(told, scope)
    places = [1] * axes.rank(x)
    shape = (width, *places) if axes.channel_axis(x) == 1 else (*places, width)
    return keras.layers.Reshape(shape, name=scope.name("reshape"))(y) if places else y
