"""Normalisation, with the defaults of the field."""

from __future__ import annotations

import math
from typing import Any, cast

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.axes import channel_axis, channels
from keras_residual.compose.meeting import keep_mask
from keras_residual.compose.named import NormWord
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.turning import channels_last
from keras_residual.compose.part import Part, Tensor, as_part, part


@part
def norm(
    x: Tensor, scope: Scope, kind: NormWord | None = "batch", **options: Any
) -> Tensor:
    """Normalises over the channels that `kind` names.

    Batch normalisation defaults to momentum 0.9: with Keras's own 0.99 a run of a few
    hundred steps evaluates with statistics that have not yet arrived.

    Args:
        kind: `"batch"`, `"layer"`, `"group"`, `"rms"`; `None` normalises nothing.
        **options: Arguments of the Keras layer. `epsilon` is 1e-5 by default;
            `groups` is 32, or half the channels where there are fewer than 64.

    Raises:
        ResidualError: There is no such norm.

    Reference:
        Ioffe & Szegedy, Batch Normalization, 2015, https://arxiv.org/abs/1502.03167;
        Ba et al., Layer Normalization, 2016, https://arxiv.org/abs/1607.06450;
        Wu & He, Group Normalization, 2018, https://arxiv.org/abs/1803.08494;
        Zhang & Sennrich, Root Mean Square Layer Normalization, 2019,
        https://arxiv.org/abs/1910.07467.

    Examples:
        >>> kr.norm("group")(keras.Input((8, 8, 64))).shape
        (None, 8, 8, 64)
    """
    if kind is None:
        return x
    if kind not in _NORMS:
        raise ResidualError(
            f"{scope.where}: there is no norm {kind!r}.",
            write=f"one of {', '.join(map(repr, _NORMS))}, or None",
        )
    axis = channel_axis(x)
    moved = axis == 1 and kind in ("layer", "rms")
    options = {"axis": -1 if moved else axis, "epsilon": 1e-5, **options}
    if kind == "batch":
        options = {"momentum": 0.9, **options}
    if kind == "group":
        width = channels(x, scope.where)
        options = {"groups": math.gcd(width, min(32, max(1, width // 2))), **options}
    layer = _NORMS[kind](name=scope.name("norm"), **options)
    # Their `axis=1` Keras takes for the last one, on some backends.
    y = channels_last(x, layer, layer.name) if moved else layer(x)
    return keep_mask(x, y, scope)  # which Keras's `RMSNormalization` drops


_NORMS: dict[str, type[keras.layers.Layer]] = {
    "batch": keras.layers.BatchNormalization,
    "layer": keras.layers.LayerNormalization,
    "group": keras.layers.GroupNormalization,
    "rms": keras.layers.RMSNormalization,
}


def as_norm(value: Any) -> Part:
    """Returns the norm that a kind, `None` or a part stands for."""
    if isinstance(value, str):
        return norm(cast(NormWord, value))
    return as_part(value)
