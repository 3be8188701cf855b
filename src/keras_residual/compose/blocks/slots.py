"""What the families of blocks share: how their arguments fill the slots."""

from __future__ import annotations

from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes, shortcuts
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import Sizes
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Made, Part, Tensor, as_part, part
from keras_residual.compose.parts import conv, depthwise, norm

HE = {"kernel_initializer": "he_normal"}
"""He et al., Delving Deep into Rectifiers, 2015, https://arxiv.org/abs/1502.01852."""


def weights(
    filters: int, kernel_size: int, stride: Sizes = 1, *, norm: Any, **options: Any
) -> Made:
    """Returns a convolution of a block: padded symmetrically, biased without a norm."""
    options = {"padding": "symmetric", "use_bias": norm is None, **HE, **options}
    return conv(filters, kernel_size, stride=stride, **options)


def share_of(filters: int, base_width: int, where: str) -> int:
    """Returns the channels of a share that has `base_width` where `filters` is 64.

    Raises:
        ResidualError: It has none.
    """
    if width := filters * base_width // 64:
        return width
    raise ResidualError(
        f"{where}: a share of the channels would have none.",
        given=f"{filters=}, {base_width=}",
        needed="A share has filters * base_width / 64 channels, rounded down.",
        write=f"base_width={-(-64 // filters)}",
    )


@part
def each_weights(
    x: Tensor,
    scope: Scope,
    kernel_size: Sizes,
    stride: Sizes = 1,
    *,
    norm: Any,
    **options: Any,
) -> Tensor:
    """Convolves each channel as `weights` does all, with the start of He et al.

    An output reads one channel. Keras counts all of them as its inputs, and would start
    so many times too small; what it counts as outputs is the kernel alone. In volumes,
    where a grouped convolution does the work, it is the other way round.
    """
    mode = "fan_in" if axes.rank(x) == 3 else "fan_out"
    how = {"scale": 2.0, "mode": mode, "distribution": "truncated_normal"}
    start = {"class_name": "VarianceScaling", "config": how}
    options = {"padding": "symmetric", "use_bias": norm is None, **options}
    options = {"stride": stride, "depthwise_initializer": start, **options}
    return depthwise(kernel_size, **options).unfold(x, scope)


def carrier(shortcut: Any, norm: Any, **options: Any) -> Part:
    """Returns the shortcut; one named by a word that projects gets the block's norm."""
    if isinstance(shortcut, list | tuple):
        return as_part([carrier(each, norm, **options) for each in shortcut])
    if shortcut in ("auto", "projection", "pooled_projection"):
        return getattr(shortcuts, shortcut)(norm=norm, **HE, **options)
    return as_part("none" if shortcut is None else shortcut)


def last_norm(kind: Any, zero_init: bool) -> Part:
    """Returns the norm that ends a branch, with its scale at zero if it is to be.

    Raises:
        ResidualError: The norm has no scale that could start at zero.
    """
    part = as_norm(kind)
    if not zero_init:
        return part
    if part in (norm("batch"), norm("layer"), norm("group")):
        return part.but(gamma_initializer="zeros")  # type: ignore[attr-defined]
    raise ResidualError(
        f"zero_init has no scale to start at zero in norm={kind!r}.",
        needed='It takes "batch", "layer" and "group".',
        write="tail=kr.scale(0.0), to end the branch of others",
    )
