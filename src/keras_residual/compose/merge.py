"""Merge: a function of several tensors, as a record that knows what it can join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

import keras

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.common.terminal import first_sentence
from keras_residual.compose import axes, graph, naming
from keras_residual.compose.named import MergeWord, merge_named
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import LayerPart, Part, Record, Tensor, as_part

Shape = tuple[int, ...]


class Merge(Record):
    """What joins two or more tensors; says which shapes it can join."""

    needs = "equal shapes"

    def __call__(self, *given: Any, **options: Any) -> Never:
        """Refuses: a merge is handed to what makes the paths."""
        del given, options
        raise KindError(
            f"{self!r} is a merge, and was called.",
            needed="It joins the paths of a block, and so stands in a slot.",
            write=f"kr.Residual(branch, merge=kr.merges.{self!r})(x)",
        )

    def join(self, paths: list[Tensor], scope: Scope) -> Tensor:
        """Adds the layers that join the paths, named by `scope`."""
        return self.build(paths, scope, **self.given)

    def fits(self, carried: Shape, change: Shape) -> bool:
        """Says whether two shapes, without the batch axis, can be joined."""
        return carried == change


MergeSlot = MergeWord | Merge | Callable[..., Any]


class Concatenation(Merge):
    """Joins channels, so these may differ."""

    needs = "equal shapes but for the channels"

    def fits(self, carried: Shape, change: Shape) -> bool:
        same_rank = len(carried) == len(change)
        return same_rank and axes.spatial(carried) == axes.spatial(change)


class Gating(Merge):
    """Multiplies, so the change may hold one number for many elements."""

    needs = "equal shapes, or a branch of size 1 along an axis"

    def fits(self, carried: Shape, change: Shape) -> bool:
        same_rank = len(carried) == len(change)
        return same_rank and all(
            size in (1, whole) for whole, size in zip(carried, change, strict=True)
        )


class Custom(Merge):
    """A merge of the user's: a layer or function of a list; it checks for itself."""

    def fits(self, carried: Shape, change: Shape) -> bool:
        del carried, change
        return True

    def __repr__(self) -> str:
        return repr(as_part(self.given["function"]))


def as_merge(value: Any) -> Merge:
    """Returns the merge that a word, a layer or a function of a list stands for."""
    if isinstance(value, Merge):
        return value
    if isinstance(value, str):
        return merge_named(value)
    if not callable(value) or isinstance(value, Part | type):
        raise KindError(
            f"{value!r} is no merge.",
            needed='A merge is a word such as "add", a Keras layer or a function of '
            "the list [carried, change].",
            write=f"{value.__name__}()" if isinstance(value, type) else 'merge="add"',
        )
    return Custom(_custom, {"function": value})


def _custom(paths: Any, scope: Scope, function: Any) -> Tensor:
    if isinstance(function, keras.layers.Layer):
        return _layer(paths, scope, function)
    with naming.within(scope):
        y = function(paths)
    if not isinstance(y, keras.KerasTensor):
        raise KindError(
            f"{scope.where}: the merge returned {type(y).__name__}.",
            needed="A merge takes the list [carried, change] and returns one tensor.",
            write="lambda paths: paths[0] + paths[1]",
        )
    for operation in graph.fresh_operations(paths[0], y):
        scope.adopt(operation)
    return y


def _layer(paths: Any, scope: Scope, layer: keras.layers.Layer) -> Tensor:
    try:
        return LayerPart(layer).place(paths, scope)
    except (TypeError, ValueError) as error:
        raise ResidualError(
            f"{scope.where}: {layer.name} does not merge two paths.",
            given={"carried": paths[0].shape, "change": paths[-1].shape},
            needed=f"{first_sentence(error)}\n"
            "A merge takes the list [carried, change].",
            write='merge="add"',
        ) from error
