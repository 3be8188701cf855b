"""Parts made of parts: side by side, or wrapped as one model."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.build.meeting import meet
from keras_residual.build.merge import as_merge
from keras_residual.build.naming import Scope
from keras_residual.build.part import Tensor, as_part, part


@part
def parallel(x: Tensor, scope: Scope, parts: Any, merge: Any = "add") -> Tensor:
    """Applies several parts to the same input and merges what they make.

    Args:
        parts: The parts, in the order in which they are merged.
        merge: How they are joined; a merge or its name.

    Raises:
        ValueError: What the parts make cannot be merged.

    Examples:
        >>> towers = kr.parallel([kr.conv(8, 1), kr.conv(8, 3)], merge="concatenate")
        >>> towers(keras.Input((32, 32, 3))).shape
        (None, 32, 32, 16)
    """
    merge, scope = as_merge(merge), Scope(scope.name("parallel"))
    paths = {
        f"path{number}": as_part(each).unfold(x, scope.inside(f"path{number}"))
        for number, each in enumerate(parts, 1)
    }
    meet(x, paths, merge, scope)
    return merge.join(list(paths.values()), scope)


@part
def nest(x: Tensor, scope: Scope, block: Any) -> Tensor:
    """Wraps a block as one nested functional model; still plain Keras.

    Use it for a unit to share or to look at as one layer, and for networks deeper
    than Keras can build flat: `keras.Model` recurses once for each chained operation
    and stops at about 975; a nested block counts as one. Features inside are reached
    through `model.get_layer(name).get_layer(inner_name)`.

    Args:
        block: The part to wrap.

    Examples:
        >>> x = keras.Input((32, 32, 16))
        >>> y = kr.nest(kr.blocks.basic(16))(x, name="stage1_block1")
        >>> [layer.name for layer in keras.Model(x, y).layers][1:]
        ['stage1_block1']
    """
    name = scope.claim("nest")
    entry: Any = keras.Input(x.shape[1:], dtype=x.dtype, name=f"{name}_input")
    model = keras.Model(entry, as_part(block).unfold(entry, Scope(name)), name=name)
    return model(x)
