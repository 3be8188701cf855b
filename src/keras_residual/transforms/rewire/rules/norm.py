"""Other norms; what they have learned goes along where it fits."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose.operations.normalization import as_norm
from keras_residual.graph.kinds import kind_of
from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable, class_of, plain_input
from keras_residual.transforms.rewire.rules.surgery import Surgery
from keras_residual.transforms.rewritten import Change, Left


def norm(surgery: Surgery, given: Any) -> None:
    """Puts a norm in the place of each norm, with its scale and shift.

    Args:
        surgery: The model.
        given: `"batch"`, `"layer"`, `"group"`, `"rms"`, or a part.
    """
    part = given if isinstance(given, keras.layers.Layer) else as_norm(given)
    times = surgery.draft.times()
    for one in list(surgery.draft.family.values()):
        for call in one.in_order():
            if kind_of(call.operation, len(call.reads)) != "norm":
                continue
            kind, path = type(call.operation).__name__, one.path_of(call)
            try:
                if times[id(call.operation)] > 1:
                    raise NotApplicable("it is called several times")
                value, (old,) = plain_input(call), call.outputs
                grown = surgery.grow(one, value, part, call.name)
                _must_leave_padding_out(one, value, grown)
            except NotApplicable as reason:
                surgery.left.append(Left(kind, path, str(reason)))
                continue
            said = _carry(call, _grown(one, value, grown))
            one.replace(old, grown)
            surgery.changes.append(Change(kind, path, said))


def _grown(draft: Draft, value: Value, end: Value) -> list[Call]:
    """Returns the calls that were grown on a value, the last one first."""
    found: list[Call] = []
    while end is not value and (call := draft.maker(end)) is not None:
        found.append(call)
        end = call.reads[0]
    return found


def _must_leave_padding_out(draft: Draft, value: Value, grown: Value) -> None:
    """Takes a norm out again whose statistics would count the steps of a mask."""
    calls = _grown(draft, value, grown) if value.masked else []
    if any(class_of(one) is keras.layers.GroupNormalization for one in calls):
        for one in calls:
            draft.remove(one)
        raise NotApplicable("a group norm would count what its mask leaves out")


def _carry(old: Call, new: list[Call]) -> str:
    """Gives the new layers the variables of the old that fit, and says which."""
    weights = {_plain(v.name): v for v in old.operation.weights}
    kept = []
    for call in new:
        for variable in getattr(call.operation, "weights", ()):
            before = weights.get(_plain(variable.name))
            if before is not None and before.shape == variable.shape:
                variable.assign(keras.ops.convert_to_numpy(before))
                kept.append(_plain(variable.name))
    lost = [name for name in weights if name not in kept]
    words = [f"keeps {' and '.join(kept)}"] if kept else []
    words += [f"loses {' and '.join(lost)}"] if lost else []
    return "; ".join(["is another norm now", *words])


def _plain(name: str) -> str:
    return "gamma" if name == "scale" else name  # as RMSNormalization calls it
