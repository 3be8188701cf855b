"""The block of NF-ResNets: no norm, and a signal that keeps its size."""

from __future__ import annotations

from typing import Any

from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.parts import scale, scaled_act, standardized_conv
from keras_residual.compose.residual import Residual


@part
@checked
def nf(
    x: Tensor,
    scope: Scope,
    filters: Count,
    *,
    stride: Count = 1,
    beta: float = 1.0,
    alpha: float = 0.2,
    activation: str = "relu",
    tail: Any = None,
    gain: float = 0.0,
) -> Tensor:
    """Makes the bottleneck of an NF-ResNet: `x + alpha g F(x / beta)`, without a norm.

    For networks that shall not depend on the batch; they want strong regularisation,
    and adaptive gradient clipping for large batches. Where the shape changes, branch
    and projection share the first activation.

    Identity at initialisation: yes, with the default `gain`, where the shape is kept.

    Reference:
        Brock et al., Characterizing Signal Propagation to Close the Performance Gap in
        Unnormalized ResNets, 2021, https://arxiv.org/abs/2101.08692.

    Args:
        filters: Channels inside; the output has four times as many.
        stride: Stride of the 3x3 convolution and of the projection.
        beta: How far the input spreads before training; `kr.parts.nf_scales`.
        alpha: Factor of the branch.
        activation: Name of the activation, which is scaled (`kr.parts.scaled_act`).
        tail: Part at the end of the branch, such as
            `kr.drop_path(0.1, rescale="none")`.
        gain: First value of the learned factor of the branch (SkipInit).

    Returns:
        The part.

    Examples:
        >>> kr.blocks.nf(2)(keras.Input((6, 6, 8))).shape
        (None, 6, 6, 8)
    """
    spread = scale(1 / beta, trainable=False) if beta != 1 else None
    before = [spread, scaled_act(activation)]
    rest = [
        *(standardized_conv(filters, 1), scaled_act(activation)),
        *(standardized_conv(filters, 3, stride=stride, padding="symmetric"),),
        *(scaled_act(activation), standardized_conv(4 * filters, 1), tail),
        *(scale(gain), scale(alpha, trainable=False)),
    ]
    scope = Scope(scope.claim("residual"))
    if stride == 1 and axes.channels(x, scope.where) == 4 * filters:
        return Residual([*before, *rest]).unfold(x, scope)
    x = as_part(before).unfold(x, scope.inside("preactivation"))
    carry = standardized_conv(4 * filters, 1, stride=stride, padding="valid")
    return Residual(rest, carry).unfold(x, scope)
