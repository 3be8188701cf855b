"""What the families of blocks share: how their arguments fill the slots."""

from __future__ import annotations

from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.compose import shortcuts
from keras_residual.compose.operations.convolution import Sizes
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Made, Part, as_part
from keras_residual.compose.parts import conv, norm

HE = {"kernel_initializer": "he_normal"}
"""He et al., Delving Deep into Rectifiers, 2015, https://arxiv.org/abs/1502.01852."""


def weights(
    filters: int, kernel_size: int, stride: Sizes = 1, *, norm: Any, **options: Any
) -> Made:
    """Returns a convolution of a block: padded symmetrically, biased without a norm."""
    options = {"padding": "symmetric", "use_bias": norm is None, **HE, **options}
    return conv(filters, kernel_size, stride=stride, **options)


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
