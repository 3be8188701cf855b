"""Parts made of parts: side by side, or wrapped as one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes, graph
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.following import follower
from keras_residual.compose.layers.whole import CropLike, PadToMultiple
from keras_residual.compose.meeting import keep_mask, meet
from keras_residual.compose.merge import MergeSlot, as_merge
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Goal, Tensor, as_part, part


@follower
def parallel(
    x: Tensor,
    goal: Goal | None,
    scope: Scope,
    parts: Sequence[Any],
    merge: MergeSlot = "add",
) -> Tensor:
    """Applies several parts to the same input and merges what they make.

    Args:
        parts: The parts, in the order in which they are merged.
        merge: How they are joined; a merge or its name.

    Raises:
        ResidualError: What the parts make cannot be merged.

    Examples:
        >>> towers = kr.parallel([kr.conv(8, 1), kr.conv(8, 3)], merge="concatenate")
        >>> towers(keras.Input((32, 32, 3))).shape
        (None, 32, 32, 16)
    """
    if not parts:
        raise ResidualError(
            f"{scope.where}: parallel was given no parts.",
            needed="It takes at least one.",
            write="parallel([conv(8, 1), conv(8, 3)])",
        )
    merge, scope = as_merge(merge), Scope(scope.name("parallel"))
    goal = replace(goal, merge=merge) if goal else None
    paths = {}
    for number, each in enumerate(map(as_part, parts), 1):
        inner = scope.inside(f"path{number}")
        path = each.carry(x, goal, inner) if goal else each.unfold(x, inner)
        if path is None:
            raise ResidualError(
                f"{scope.where}: path{number} carries nothing.",
                write="the list without it",
            )
        paths[f"path{number}"] = path
    meet(x, paths, merge, scope)
    return keep_mask(x, merge.join(list(paths.values()), scope), scope)


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
    entry: Any = graph.entry(x.shape[1:], x.dtype, graph.mask(x), f"{name}_input")
    model = keras.Model(entry, as_part(block).unfold(entry, Scope(name)), name=name)
    return model(x)


@part
@checked
def padded(x: Tensor, scope: Scope, block: Any, multiple: Count) -> Tensor:
    """Pads places to a multiple, applies a block, and crops what it made to the size.

    For networks that go down and come up again, such as a U-Net, which halves its sizes
    at each level: of two levels it takes multiples of four. Zeros are put on both
    sides. Sizes that are known need Keras's layers alone; others take layers of ours.

    Args:
        block: The part, which keeps the size.
        multiple: Of what the sizes are to be a multiple.

    Raises:
        ResidualError: The block makes another size than it is given.

    Examples:
        >>> net = kr.blocks.unet_level(8, kr.blocks.unet_bottom(16))
        >>> kr.parts.padded(net, 2)(keras.Input((31, 33, 1))).shape
        (None, 31, 33, 8)
    """
    places = axes.places(x)
    missing = [None if x.shape[a] is None else -x.shape[a] % multiple for a in places]
    axis, known = axes.channel_axis(x), None not in missing
    sides = [((n or 0) // 2, -(-(n or 0) // 2)) for n in missing]
    wide = x
    if not known:
        wide = PadToMultiple(multiple, axis=axis, name=scope.name("pad"))(x)
    elif any(missing):
        wide = _bordered("ZeroPadding", sides, wide, scope.name("pad"), scope)
    y = as_part(block).unfold(wide, scope)
    if [y.shape[a] for a in places] != [wide.shape[a] for a in places]:
        raise ResidualError(
            f"{scope.where}: what is padded does not keep its size.",
            given=f"it reads {tuple(wide.shape)} and makes {tuple(y.shape)}",
            needed="What is made is cropped to the size of the input.",
            write="kr.parts.padded around a block that comes up again",
        )
    if not known:
        y = CropLike(axis=axis, name=scope.name("crop"))([y, x])
    elif any(missing):
        y = _bordered("Cropping", sides, y, scope.name("crop"), scope)
    return keep_mask(x, y, scope)


def _bordered(kind: str, sides: list, x: Tensor, name: str, scope: Scope) -> Tensor:
    given = sides[0] if len(sides) == 1 else tuple(sides)
    return axes.layer_for(kind, x, scope.where)(given, name=name)(x)
