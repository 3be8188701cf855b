"""Multiplication with a number: ReZero, SkipInit, LayerScale, fixed factors."""

from __future__ import annotations

from typing import Any, Literal

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.axes import channel_axis
from keras_residual.compose.layers import Scale
from keras_residual.compose.meeting import keep_mask
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.turning import channels_last
from keras_residual.compose.part import Tensor, part


@part
def scale(
    x: Tensor,
    scope: Scope,
    initial: float = 0.0,
    *,
    per: Literal["tensor", "channel"] = "tensor",
    trainable: bool = True,
) -> Tensor:
    """Multiplies with a number, learned or fixed.

    At the end of a branch it is SkipInit and ReZero (`scale(0.0)`), LayerScale
    (`scale(1e-6, per="channel")`) or the fixed factor of Inception-ResNet
    (`scale(0.1, trainable=False)`). Keep it out of weight decay.

    Args:
        initial: Value before training. With the default 0 the branch starts silent.
        per: `"tensor"` for one number, `"channel"` for one a channel.
        trainable: Whether the value is learned.

    Raises:
        ResidualError: The numbers are per something else.

    Reference:
        Bachlechner et al., ReZero is All You Need, 2020, equation 1,
        https://arxiv.org/abs/2003.04887; De & Smith, Batch Normalization Biases
        Residual Blocks Towards the Identity Function, 2020, https://arxiv.org/abs/
        2002.10444; Touvron et al., Going deeper with Image Transformers, 2021,
        equation 4, https://arxiv.org/abs/2103.17239.

    Examples:
        >>> kr.scale(1e-6, per="channel")(keras.Input((8, 8, 64))).shape
        (None, 8, 8, 64)
    """
    name = scope.name("scale")
    if not trainable:
        return keras.layers.Rescaling(initial, name=name)(x)
    if per == "tensor":
        return Scale(initial, name=name)(x)
    if per != "channel":
        raise ResidualError(
            f"{scope.where}: scale has no per={per!r}.",
            write='per="tensor" or per="channel"',
        )
    y = _per_channel(x, channel_axis(x), initial, name)
    return keep_mask(x, y, scope)  # which Keras's `EinsumDense` drops


@part
def affine(x: Tensor, scope: Scope, initial: float = 1.0) -> Tensor:
    """Multiplies each channel with a number and adds one: a norm's weights alone.

    It stands where ResMLP has no norm.

    Args:
        initial: Value of the factors before training; the shifts start at zero.

    Reference:
        Touvron et al., ResMLP, 2021, https://arxiv.org/abs/2105.03404.

    Examples:
        >>> kr.parts.affine()(keras.Input((10, 32))).shape
        (None, 10, 32)
    """
    name = scope.name("affine")

    def apply(x: Tensor) -> Tensor:
        return _per_channel(x, -1, initial, name, bias_axes="abcde"[len(x.shape) - 1])

    return keep_mask(x, channels_last(x, apply, name), scope)


def _per_channel(
    x: Tensor, axis: int, initial: float, name: str, **options: Any
) -> Tensor:
    start: Any = keras.initializers.Constant(initial)
    axes = "abcde"[: len(x.shape)]  # with an ellipsis Keras infers other shapes
    return keras.layers.EinsumDense(
        f"{axes},{axes[axis]}->{axes}",
        output_shape=x.shape[1:],
        kernel_initializer=start,
        name=name,
        **options,
    )(x)


@part
def tanh_gate(x: Tensor, scope: Scope, initial: float = 0.0) -> Tensor:
    """Multiplies with the tanh of a learned number, so that the factor stays below 1.

    It ends branches that are put into a trained network, which then computes at first
    what it did. Keep it out of weight decay.

    Identity at initialisation: of the block, yes, with the default.

    Args:
        initial: The number before training. With the default 0 the branch is silent.

    Reference:
        Alayrac et al., Flamingo: a Visual Language Model for Few-Shot Learning, 2022,
        https://arxiv.org/abs/2204.14198.

    Examples:
        >>> kr.Residual([kr.dense(8), kr.parts.tanh_gate()])(keras.Input((8,))).shape
        (None, 8)
    """
    return Scale(initial, activation="tanh", name=scope.name("tanh_gate"))(x)
