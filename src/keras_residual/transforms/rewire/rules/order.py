"""Norm and activation before the weights instead of behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.graph.found import Unit
from keras_residual.graph.kinds import fused_activation, kind_of
from keras_residual.graph.numbers import numbers
from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.copies import copy_of, copy_state
from keras_residual.transforms.preconditions import NotApplicable, Work, plain_input
from keras_residual.transforms.rewire.rules.surgery import (
    Branch,
    Surgery,
    branch_of,
    reread,
)
from keras_residual.transforms.rewritten import Change, Left

_SHORTCUTS = frozenset(
    {"identity", "padded", "pooled", "pooled_projection", "projection", "sliced"}
)


@dataclass(frozen=True)
class _Late:
    """A unit whose activation comes after its sum.

    Args:
        unit: The unit.
        branch: Its branch.
        norm: The norm at the end of the branch.
        gone: The norms on the shortcut.
        activated: What the activation after the sum returns.
    """

    unit: Unit
    branch: Branch
    norm: Call
    gone: tuple[Call, ...]
    activated: Value


def order(surgery: Surgery, given: str) -> None:
    """Turns units of ResNet v1 into units of v2.

    The last norm of a branch moves behind the sum, before the activation there: that is
    the pre-activation of the next unit, or the end of the network after the last. Only
    the next identity shortcut reads the sum itself; a projection reads what the branch
    reads, and has no norm. The first unit splits behind the activation of the stem.

    Args:
        surgery: The model.
        given: `"preactivation"`.

    Raises:
        ResidualError: It is another word.

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016, figure 5 and
        section 4.1, https://arxiv.org/abs/1603.05027.
    """
    if given != "preactivation":
        raise ResidualError(
            "replace: there is no such order.",
            given=f"order={given!r}",
            needed="Norm and activation behind the weights can go before them.",
            write='order="preactivation"',
        )
    late: dict[int, _Late] = {}
    for unit in surgery.units:
        try:
            one = _late(surgery, unit)
        except NotApplicable as reason:
            surgery.left.append(Left("unit", unit.path, str(reason)))
        else:
            late[unit.after[0].index] = one
    _leave_those_apart(surgery, late)
    for one in late.values():
        _move(surgery, one, late.get(one.unit.entry.index))


def _late(surgery: Surgery, unit: Unit) -> _Late:
    branch = branch_of(surgery.draft, unit)
    if unit.kind not in _SHORTCUTS:
        raise NotApplicable(f"its shortcut is {unit.kind}")
    if not unit.after or unit.after[0].kind != "act":
        raise NotApplicable("no activation reads the sum, and it alone")
    kinds = [
        op.kind
        for op in unit.branches[0]
        if op.kind in ("act", "conv", "dense", "norm")
    ]
    if kinds[:1] not in (["conv"], ["dense"]):
        raise NotApplicable(
            "its branch does not begin with a convolution or dense layer"
        )
    work = Work(branch.draft, surgery.draft.times())
    activation = work.only_user(branch.merge.outputs[0], "the sum")
    norm, gone = _last_norm(work, branch), _norms_on_shortcut(work, unit, branch)
    return _Late(unit, branch, norm, gone, activation.outputs[0])


def _last_norm(work: Work, branch: Branch) -> Call:
    """Returns the norm before the dropouts and scales that end a branch."""
    value, end = branch.end, branch.merge
    while (call := work.draft.maker(value)) is not None:
        kind = kind_of(call.operation, len(call.reads))
        if work.only_user(value, f"{call.name} in its branch") is not end:
            break
        if kind == "norm":
            _must_move(work, call)
            before = work.draft.maker(call.reads[0])
            if before is not None and kind_of(before.operation) in ("conv", "dense"):
                if fused_activation(before.operation):
                    raise NotApplicable(f"{before.name} before its norm is not linear")
                return call
        if kind not in ("dropout", "scale"):
            break
        value, end = plain_input(call), call
    raise NotApplicable(
        "its branch does not end in a convolution or dense layer and a norm"
    )


def _norms_on_shortcut(work: Work, unit: Unit, branch: Branch) -> tuple[Call, ...]:
    value, found = branch.carried, []
    for op in reversed(unit.shortcut or ()):
        call = work.draft.maker(value)
        if call is None:
            raise NotApplicable("its shortcut begins in another model")
        if op.kind == "norm":
            _must_move(work, call)
            work.only_user(value, f"{call.name} on its shortcut")
            found.append(call)
        value = call.reads[0]
    return tuple(found)


def _must_move(work: Work, norm: Call) -> None:
    work.own(norm, f"{norm.name}, a norm,")
    plain_input(norm, norm.name)
    told = [name for name, value in norm.kwargs.items() if value is not None]
    if told:
        raise NotApplicable(f"{norm.name} is called with {' and '.join(told)}")


def _leave_those_apart(surgery: Surgery, late: dict[int, _Late]) -> None:
    """Leaves neighbours of which one cannot read the sum of the other."""
    apart: dict[int, _Late] = {}
    for key, one in late.items():
        before = late.get(one.unit.entry.index)
        if one.unit.kind != "identity" or before is None:
            continue
        if one.branch.carried is not before.activated:
            apart |= {one.unit.entry.index: before, key: one}
    for key, one in apart.items():
        del late[key]
        said = "it and the unit beside it lie in different models"
        surgery.left.append(Left("unit", one.unit.path, said))


def _move(surgery: Surgery, one: _Late, before: _Late | None) -> None:
    draft, norm = one.branch.draft, one.norm
    (total,), (given,), (made,) = one.branch.merge.outputs, norm.reads, norm.outputs
    said = "its last norm comes after the sum now"
    if before is not None and one.unit.kind == "identity":
        one.branch.reads(one.branch.carried, before.branch.merge.outputs[0])
        said += ", its shortcut before"
    draft.replace(made, given)
    draft.replace(total, made)
    reread(draft, norm, given, total)
    changes = [Change("unit", one.unit.path, said)]
    if _is_zero(norm.operation):
        norm.operation = _with_scale(norm.operation, total)
        kind = type(norm.operation).__name__
        changes.append(Change(kind, draft.path_of(norm), "scales by one: it was zero"))
    for call in one.gone:
        draft.replace(call.outputs[0], call.reads[0])
        kind = type(call.operation).__name__
        said = "is gone: a projection of v2 has no norm"
        changes.append(Change(kind, draft.path_of(call), said))
    surgery.changes.extend(changes)


def _is_zero(norm: keras.layers.Layer) -> bool:
    gamma = getattr(norm, "gamma", None)
    return gamma is not None and not numbers(gamma).any()


def _with_scale(norm: keras.layers.Layer, value: Value) -> keras.layers.Layer:
    """Returns a copy that lets numbers through, as one before weights must."""
    copy: Any = copy_of(norm)
    copy.build(value.shape)
    copy_state(norm, copy)
    copy.gamma.assign(np.ones(copy.gamma.shape))
    return copy
