"""Where a plain network can take a skip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from keras_residual.graph.found import Unit
from keras_residual.graph.kinds import kind_of
from keras_residual.graph.windows import strides
from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    plain_input,
    same_kind,
    same_mask,
)

_LAYERS = frozenset({"conv", "dense"})
_BETWEEN = frozenset({"act", "dropout", "identity", "norm", "pad", "scale"})


class Sites:
    """The rows of layers in one model that a skip can go around.

    Args:
        draft: The draft of that model.
        units: The units that the whole model has already.
        length: How many convolutions or dense layers a row has.
    """

    def __init__(self, draft: Draft, units: Iterable[Unit], length: int) -> None:
        self._draft, self._length = draft, length
        self._work = Work(draft, Counter())
        self._inside = {
            id(unit.graph.node_of(op)): unit.path
            for unit in units
            if unit.form != "concatenate"
            for path in (*unit.branches, unit.shortcut or ())
            for op in path
        }

    def begins(self, call: Call) -> bool:
        """Says whether a row can begin with a call."""
        return kind_of(call.operation) in _LAYERS

    def block(self, first: Call) -> list[Call]:
        """Returns the row that begins with a call.

        Args:
            first: A convolution or dense layer.

        Raises:
            NotApplicable: A skip cannot go around it.
        """
        row = [first]
        while (count := sum(map(self.begins, row))) < self._length:
            row.append(self._next(row, count))
        while self._norm_follows(row[-1]):
            row += self._draft.users(row[-1].outputs[0])
        self._must_be_plain(row)
        entry, end = row[0].reads[0], row[-1].outputs[0]
        if entry.shape != end.shape:
            raise NotApplicable(f"{entry.shape} becomes {end.shape}")
        if end in self._draft.read_outside:
            raise NotApplicable("the block ends in an output of the model")
        same_kind(entry, end)
        if end.masked:  # a sum with what has none ends the mask of the other
            same_mask(entry, end)
        _must_keep_sizes(row, entry)
        return row

    def _next(self, row: list[Call], count: int) -> Call:
        user = self._work.only_user(row[-1].outputs[0], f"{row[-1].name}")
        if kind_of(user.operation, len(user.reads)) not in _LAYERS | _BETWEEN:
            counted = f"{count} of {self._length} layers"
            raise NotApplicable(
                f"{type(user.operation).__name__} comes after {counted}"
            )
        return user

    def _norm_follows(self, call: Call) -> bool:
        (value,) = call.outputs
        users = self._draft.users(value)
        alone = len(users) == 1 and value not in self._draft.read_outside
        return alone and kind_of(users[0].operation) == "norm"

    def _must_be_plain(self, row: list[Call]) -> None:
        for call in row:
            plain_input(call, call.name)
            unit = self._inside.get(id(call.node))
            if unit is not None:
                raise NotApplicable(f"it lies in the unit {unit}")


def _must_keep_sizes(row: list[Call], entry: Value) -> None:
    """Asks of each layer to keep sizes that are unknown, and look alike for that."""
    if None not in entry.shape[1:]:
        return
    for call in row:
        layer, kind = call.operation, kind_of(call.operation)
        keeps = kind not in ("conv", "pad")
        if kind == "conv":
            word = getattr(layer, "padding", "")
            keeps = word in ("same", "causal") and set(strides(layer)) == {1}
        if not keeps:
            raise NotApplicable(f"{call.name} changes sizes that are not known")
