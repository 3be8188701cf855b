"""Where the streams and the masks of a model go, from what makes them to who reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

from keras_residual.checks.subject import Subject
from keras_residual.compose.layers.held import SetMask
from keras_residual.compose.layers.keep_mask import KeepMask
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph, Op
from keras_residual.graph.kinds import MERGES, WEIGHTED

_CARRIES = frozenset(
    ("act", "dropout", "identity", "pad", "pool", "reshape", "scale", "slice")
)


class Reached(NamedTuple):
    """What reads a stream first, but for what merely carries it.

    Args:
        ops: The first operations that are more than an activation, a pool or the like.
        output: Whether it is an output of the model before that.
    """

    ops: tuple[Op, ...]
    output: bool


def learned_sums(subject: Subject) -> list[Unit]:
    """Returns the sums of a known shortcut and at least one branch with weights.

    Args:
        subject: The model that is looked at.
    """
    sums = (u for u in subject.units if u.form == "add" and u.shortcut is not None)
    return [unit for unit in sums if any(map(learns, unit.branches))]


def learns(path: tuple[Op, ...]) -> bool:
    """Says whether a path has a layer with weights, norms and scales apart.

    Args:
        path: The operations of the path.
    """
    return any(op.kind in WEIGHTED for op in path)


def normed_first(subject: Subject, unit: Unit) -> bool:
    """Says whether a branch begins with a norm, as in pre-norm networks.

    Args:
        subject: The model that the unit is of.
        unit: The unit.
    """
    readers = subject.users(unit.entry)
    return any(op.kind == "norm" and op.index < unit.merge.index for op in readers)


def reached(subject: Subject, start: Op) -> Reached:
    """Returns what a stream reaches first.

    Args:
        subject: The model that is looked at.
        start: The operation whose output is followed.
    """
    outputs = set(subject.graph.outputs)
    found: dict[int, Op] = {}
    seen, todo, output = {start.index}, [start], False
    while todo:
        op = todo.pop()
        output |= op.index in outputs
        for user in subject.users(op):
            if user.kind not in _CARRIES:
                found[user.index] = user
            elif user.index not in seen:
                seen.add(user.index)
                todo.append(user)
    return Reached(tuple(found.values()), output)


def masked(graph: Graph) -> list[bool]:
    """Says of each operation whether its output carries a mask.

    The layers are asked, as Keras asks them; operations of `keras.ops` carry none.

    Args:
        graph: The graph that is followed.

    Examples:
        >>> x = keras.Input((5,))
        >>> y = keras.layers.Embedding(9, 4, mask_zero=True)(x)
        >>> masked(Graph(keras.Model(x, y + 1)))
        [False, True, False]
    """
    found: list[list[bool]] = []
    for op in graph.ops:
        read = [(graph.ops[i], any(found[i])) for i in op.sources]
        if op.path.endswith("]"):  # one of several outputs of what it reads
            number = int(op.path.rpartition("[")[2][:-1])
            found.append(found[op.sources[0]][number : number + 1])
        elif isinstance(op.layer, SetMask):  # what its second input lends, if any
            found.append([len(graph.node_of(op).input_tensors) > 1])
        else:
            found.append(_carries(op, read) if read else [])
    return [any(each) for each in found]


def reads_mask(op: Op) -> bool:
    """Says whether an operation computes something else where its input is masked.

    Args:
        op: An operation of the graph.
    """
    names = getattr(op.layer, "call_signature_parameters", ())
    return any(name.endswith("mask") for name in names)


def lets_masks_pass(op: Op) -> bool:
    """Says whether an operation can return a mask where it reads one.

    Args:
        op: An operation of the graph.
    """
    return bool(getattr(op.layer, "supports_masking", False))


def _carries(op: Op, read: list[tuple[Op, bool]]) -> list[bool]:
    """Says it of each output; of those that are not told of, none has a mask."""
    layer: Any = op.layer
    if isinstance(layer, KeepMask):
        return [True]
    if not lets_masks_pass(op):
        return []
    default = type(layer).compute_mask is keras.layers.Layer.compute_mask
    if default or op.kind == "attention":
        return [read[0][1]]  # that of the query
    if op.kind in MERGES:
        inputs, previous = map(list, zip(*map(_symbols, read), strict=True))
    else:
        inputs, previous = _symbols(read[0])
    try:
        answer = layer.compute_mask(inputs, previous)
    except Exception:  # foreign code: what it does is not known
        return []
    return [mask is not None for mask in keras.tree.flatten(answer)]


def _symbols(read: tuple[Op, bool]) -> tuple[Any, Any]:
    """Makes symbols of a tensor and of its mask, as `compute_mask` takes them."""
    op, has_mask = read
    steps = keras.KerasTensor(op.shape[:2], "bool") if has_mask else None
    return keras.KerasTensor(op.shape, op.dtype), steps
