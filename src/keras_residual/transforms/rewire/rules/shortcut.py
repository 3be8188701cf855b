"""Another shortcut where the shortcut is more than the identity."""

from __future__ import annotations

from typing import Any

from keras_residual.compose.following import meets
from keras_residual.compose.merges import add
from keras_residual.compose.part import Goal, as_part
from keras_residual.graph.found import Unit
from keras_residual.transforms.call import Value
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rebuild import replayed
from keras_residual.transforms.rewire.grafting import grow_from, stand_in
from keras_residual.transforms.rewire.rules.surgery import Branch, Surgery, branch_of
from keras_residual.transforms.rewritten import Change, Left


def shortcut(surgery: Surgery, given: Any) -> None:
    """Puts a part in the place of each shortcut that is not the identity.

    A new layer takes the weights of an old one of its class, if their shapes are equal.

    Args:
        surgery: The model.
        given: The part, such as `"projection"` or `"pooled_projection"`.
    """
    for unit in surgery.units:
        if unit.kind == "identity":
            continue
        try:
            branch = branch_of(surgery.draft, unit)
            said = _replace(branch, unit, as_part(given))
        except NotApplicable as reason:
            surgery.left.append(Left("unit", unit.path, str(reason)))
        else:
            surgery.changes.append(Change("unit", unit.path, f"has {given!r}; {said}"))


def _replace(branch: Branch, unit: Unit, part: Any) -> str:
    entry, end = _entry(branch, unit), branch.end

    def carry(x: Any, scope: Any) -> Any:
        # At other sizes, too: 3 of 5 elements are a stride or a trimmed border.
        goal = Goal(x, replayed(branch.draft, {entry: x}, end), add())
        carried = part.carry(x, goal, scope)
        if carried is None:
            raise NotApplicable("the part carries nothing")
        if not meets(carried, goal):
            made, wanted = carried.shape, end.shape
            raise NotApplicable(f"the part makes {made}, and the branch {wanted}")
        return carried

    name = f"{branch.merge.name}_shortcut"
    new = grow_from(branch.draft, [entry], carry, name)
    if new.dtype != end.dtype:
        raise NotApplicable(f"the part makes {new.dtype}, and the branch {end.dtype}")
    said = _carry_weights(branch, unit, entry, new)
    branch.reads(
        branch.carried, stand_in(branch.draft, branch.carried, new, entry, name)
    )
    return said


def _entry(branch: Branch, unit: Unit) -> Value:
    """Returns what the shortcut reads, where it stands beside the merge."""
    first = unit.graph.node_of(unit.shortcut[0]) if unit.shortcut else None
    inside, call = branch.draft.find(first) or (None, branch.merge)
    if inside is branch.draft and len(call.reads) == 1:
        return call.reads[0]
    raise NotApplicable("its shortcut does not begin in the model of its merge")


def _carry_weights(branch: Branch, unit: Unit, entry: Value, end: Value) -> str:
    old: list[Any] = [op.layer for op in unit.shortcut or ()]
    calls = []
    while end is not entry and (call := branch.draft.maker(end)) is not None:
        calls.append(call)
        end = call.reads[0]
    kept, new = 0, 0
    for call in reversed(calls):
        layer = call.operation
        if not getattr(layer, "weights", None):
            continue
        new += 1
        alike = [one for one in old if _alike(one, layer)]
        if alike:
            layer.set_weights(alike[0].get_weights())
            old.remove(alike[0])
            kept += 1
    return f"{kept} of {new} layers keep their weights"


def _alike(old: Any, new: Any) -> bool:
    shapes = [[v.shape for v in getattr(one, "weights", ())] for one in (old, new)]
    return type(old) is type(new) and shapes[0] == shapes[1]
