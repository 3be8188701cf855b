"""What shapes a graph of unknown sizes has at a given size; nothing is computed."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_residual._keras import is_keras_own
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.windows import settings, strides

PROBES = (224, 225, 226, 228, 232, 240, 255)  # odd after none to four halvings; all odd
_MERGES = frozenset(MERGES) - {"concatenate"}
_KEEPS = _MERGES | {"act", "dropout", "identity", "norm", "scale"}

Shape = tuple[int | None, ...]


def shapes_at(graph: Graph, size: int) -> list[Shape | None]:
    """Returns the shape of each operation if all unknown sizes were this one.

    Args:
        graph: The graph that is asked.
        size: What is put for each unknown size of an input; the batch stays unknown.

    Returns:
        The shapes in the order of the graph; None where an operation does not tell, or
        cannot be computed at this size.
    """
    found: list[Shape | None] = []
    asked: dict[tuple, Shape | None] = {}
    for op in graph.ops:
        if None not in op.shape[1:]:
            found.append(op.shape)
            continue
        given = tuple(found[i] for i in op.sources)
        key = (_settings(op), op.shape, given)
        if key not in asked:
            asked[key] = _answer(graph, op, [s for s in given if s], size)
        found.append(asked[key])
    return found


def joined(shapes: Sequence[Shape]) -> Shape | None:
    """Returns the shape of a sum, axes of size 1 stretched; None if there is none.

    Args:
        shapes: The shapes of the operands.

    Examples:
        >>> joined([(None, 8, 4), (None, 1, 4)])
        (None, 8, 4)
    """
    if len(set(map(len, shapes))) > 1:
        return None
    found = []
    for sizes in zip(*shapes, strict=True):
        long = set(sizes) - {1}
        if len(long) > 1:
            return None
        found.append(long.pop() if long else 1)
    return tuple(found)


def multiple_that_fits(fits: dict[int, bool]) -> int | None:
    """Returns of what the sizes that fit are multiples: 2, 4, …, 32; None if of none.

    Args:
        fits: For each of `PROBES`, whether two paths meet at that size.
    """
    for factor in (2, 4, 8, 16, 32):
        if all(fit for size, fit in fits.items() if size % factor == 0):
            return factor
    return None


def _settings(op: Op) -> tuple:
    """Returns what tells an operation from others that make equal shapes."""
    if op.kind not in ("conv", "pool") or not strides(op.layer, ()):
        return (op.index,)  # a wrapper does not tell what it wraps
    return type(op.layer), settings(op.layer)


def _answer(graph: Graph, op: Op, given: list[Shape], size: int) -> Shape | None:
    if not op.sources:
        return (op.shape[0], *(n or size for n in op.shape[1:]))
    if len(given) < len(op.sources):
        return None
    if op.kind in _KEEPS:
        return joined(given)
    foreign = not is_keras_own(type(op.layer))
    if foreign or op.path.endswith("]"):
        return None  # slow to ask; one of several outputs
    shapes = dict(zip(op.sources, given, strict=True))
    read = [keras.KerasTensor(s, graph.ops[i].dtype) for i, s in shapes.items()]
    try:
        shape = graph.shape(op, read)
    except Exception:  # what an operation refuses depends on the operation
        return None
    return None if None in shape[1:] else shape
