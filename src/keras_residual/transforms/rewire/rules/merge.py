"""Another merge of shortcut and branch."""

from __future__ import annotations

from typing import Any

from keras_residual.compose.merge import as_merge
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.grafting import grow_from, stand_in
from keras_residual.transforms.rewire.rules.surgery import Surgery, branch_of
from keras_residual.transforms.rewritten import Change, Left


def merge(surgery: Surgery, given: Any) -> None:
    """Puts a merge in the place of each sum of a shortcut and one branch.

    Args:
        surgery: The model.
        given: The merge: a word, a layer or a function of `[carried, change]`.
    """
    chosen = as_merge(given)
    for unit in surgery.units:
        try:
            branch = branch_of(surgery.draft, unit)
            (old,) = branch.merge.outputs
            new = grow_from(
                branch.draft,
                [branch.carried, branch.end],
                lambda carried, change, scope: chosen.join([carried, change], scope),
                f"{branch.merge.name}_merge",
            )
            if (new.shape, new.dtype) != (old.shape, old.dtype):
                raise NotApplicable(f"the merge makes {new.shape} of {old.shape}")
        except NotApplicable as reason:
            surgery.left.append(Left("unit", unit.path, str(reason)))
            continue
        carried, name = branch.carried, branch.merge.name
        branch.draft.replace(old, stand_in(branch.draft, old, new, carried, name))
        surgery.changes.append(Change("unit", unit.path, f"merges by {given!r} now"))
