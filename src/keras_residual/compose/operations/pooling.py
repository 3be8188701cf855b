"""Pooling, over windows or over everything."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal

from keras_residual.common.errors import ResidualError
from keras_residual.compose.axes import layer_for
from keras_residual.compose.graph import rectified
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.convolution import Padding, Sizes
from keras_residual.compose.part import Tensor, part

PoolWord = Literal["max", "average", "global_max", "global_average"]
_LAYERS = {
    "max": "MaxPooling",
    "average": "AveragePooling",
    "global_max": "GlobalMaxPooling",
    "global_average": "GlobalAveragePooling",
}


@part
def pool(
    x: Tensor,
    scope: Scope,
    kind: PoolWord,
    size: Sizes = 2,
    *,
    stride: Sizes | None = None,
    padding: Padding = "same",
) -> Tensor:
    """Pools neighbouring elements.

    Args:
        kind: `"max"`, `"average"`, `"global_max"` or `"global_average"`.
        size: Elements that are pooled along each axis. Global pools take all.
        stride: Elements the window moves. Its size by default.
        padding: `"same"` or `"valid"` as in Keras; `"symmetric"` centres the window
            of a max-pool on every `stride`-th element, as PyTorch does.

    Raises:
        ResidualError: There is no such pool.

    Examples:
        >>> kr.pool("max", 3, stride=2, padding="symmetric")(
        ...     keras.Input((33, 33, 8))).shape
        (None, 17, 17, 8)
        >>> kr.pool("global_average")(keras.Input((33, 33, 8))).shape
        (None, 8)
    """
    if kind not in _LAYERS:
        near = get_close_matches(kind, _LAYERS, 1) or ["average"]
        raise ResidualError(
            f"{scope.where}: there is no pool {kind!r}.",
            needed=f"It is one of {', '.join(map(repr, _LAYERS))}.",
            write=repr(near[0]),
        )
    if padding == "symmetric" and kind != "max":
        raise ResidualError(
            f"{scope.where}: there is no pool {kind!r} with {padding=}.",
            needed="Only 'max' takes padding=\"symmetric\".",
            write='padding="same"',
        )
    pooling = layer_for(_LAYERS[kind], x, scope.where)
    if kind.startswith("global"):
        return pooling(name=scope.name("pool"))(x)
    stride = size if stride is None else stride
    if padding == "symmetric":
        if rectified(x) and isinstance(size, int) and size % 2:
            # No window is made of zeros alone, and in the others none wins.
            zeros = layer_for("ZeroPadding", x, scope.where)
            x = zeros(size // 2, name=scope.name("pad"))(x)
        else:  # pads with nothing, where zeros would win over negative numbers
            x = pooling(size, strides=1, padding="same", name=scope.name("pool"))(x)
            size = 1
        padding = "valid"
    return pooling(size, stride, padding, name=scope.name("pool"))(x)
