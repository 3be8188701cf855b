"""What a rule works on, and the account it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras

from keras_residual.graph.found import Unit
from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.copies import copy_of
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.grafting import grow, stand_in
from keras_residual.transforms.rewire.ways import replacement
from keras_residual.transforms.rewritten import Change, Left

_NO_SUM = "it is no sum of a shortcut and one branch"


@dataclass
class Surgery:
    """The draft of a whole model, its units, and what has been done so far.

    Args:
        draft: The outermost draft.
        units: The units that the model had.
    """

    draft: Draft
    units: list[Unit]
    changes: list[Change] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def grow(self, draft: Draft, value: Value, part: Any, name: str) -> Value:
        """Grows a part that keeps the shape and the mask; of a layer, a copy.

        Args:
            draft: The draft that the value stands in.
            value: What the part reads.
            part: The part.
            name: What the names of its layers begin with.

        Raises:
            NotApplicable: The part returns another shape.
        """
        if isinstance(part, keras.layers.Layer):  # one for each place
            part = copy_of(part)
            part.name = f"{name}_{part.name}"
        grown = grow(draft, value, part, name)
        if (grown.shape, grown.dtype) != (value.shape, value.dtype):
            raise NotApplicable(f"the part makes {grown.shape} of {value.shape}")
        return stand_in(draft, value, grown, value, name)


@dataclass(frozen=True)
class Branch:
    """The branch of a unit that adds one to its shortcut.

    Args:
        draft: The draft that the merge stands in.
        merge: The call of the merge.
        end: What the merge reads of the branch.
        carried: What it reads of the shortcut.
    """

    draft: Draft
    merge: Call
    end: Value
    carried: Value

    def reads(self, old: Value, new: Value) -> None:
        """Lets the merge, and nothing else, read another value.

        Args:
            old: What it reads now: `end` or `carried`.
            new: What it reads in its place.
        """
        reread(self.draft, self.merge, old, new)


def reread(draft: Draft, call: Call, old: Value, new: Value) -> None:
    """Lets one call, and no other, read another value; constants stay.

    Args:
        draft: The draft that the call stands in.
        call: A call without keyword arguments.
        old: What it reads now.
        new: What it reads in its place.
    """
    args: Any = keras.tree.map_structure(lambda x: new if x is old else x, call.args)
    draft.rewire(call, args)


def branch_of(draft: Draft, unit: Unit) -> Branch:
    """Returns the one branch of a unit.

    Args:
        draft: The outermost draft.
        unit: The unit.

    Raises:
        NotApplicable: It is no sum of a shortcut and one branch.
    """
    if unit.form != "add":
        raise NotApplicable(_NO_SUM)
    (inside, merge), carried = replacement(draft, unit)
    ends = [value for value in merge.reads if value is not carried]
    if len(merge.reads) != 2 or len(ends) != 1 or merge.kwargs:
        raise NotApplicable(_NO_SUM)
    return Branch(inside, merge, ends[0], carried)
