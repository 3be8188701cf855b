"""Where the streams of a model go, from what makes them to who reads."""

from __future__ import annotations

from typing import NamedTuple

from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import WEIGHTED

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
