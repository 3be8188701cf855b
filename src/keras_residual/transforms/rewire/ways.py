"""Ways round a unit or a block: what enters it, in the place of what leaves it."""

from __future__ import annotations

from keras_residual.graph.blocks import Block
from keras_residual.graph.found import Unit
from keras_residual.transforms.call import Value, values_in
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.places import Place
from keras_residual.transforms.rewire.tidying import calls_around, given_to

Way = tuple[Draft, list[Value], Value]
"""Where a block stands, the values that leave it, and the one that enters it."""


def way_round(draft: Draft, block: Block) -> Way:
    """Returns the values that a block stands between.

    Args:
        draft: The outermost draft.
        block: The block.

    Raises:
        NotApplicable: What enters it cannot stand for what leaves it.
    """
    if block.end is None:
        raise NotApplicable("more leaves it than its stream, or another shape")
    places = [replacement(draft, unit) for unit in block.units]
    ((inner, last), _), (_, carried) = places[-1], places[0]
    if not block.whole:
        return inner, last.outputs, carried
    ((outer, call),) = calls_around(draft, inner)
    entry = inner.inputs.index(_back(inner, carried, inner.inputs))
    merged = last.outputs[0]
    ends = [
        output
        for value, output in zip(values_in(inner.outputs), call.outputs, strict=True)
        if _back(inner, value, [*inner.inputs, merged]) is merged
    ]
    return outer, ends, given_to(inner, call)[entry]


def _back(draft: Draft, value: Value, stops: list[Value]) -> Value:
    """Follows a value back to one of others, through calls that read one."""
    while value not in stops:
        maker = draft.maker(value)
        if maker is None or len(maker.reads) != 1:
            raise NotApplicable("its layer does more than its units")
        (value,) = maker.reads
    return value


def replacement(draft: Draft, unit: Unit) -> tuple[Place, Value]:
    """Returns the call of a unit's merge, and the value that can stand for it.

    Args:
        draft: The outermost draft.
        unit: The unit.

    Raises:
        NotApplicable: There is no such value, or the merge is called several times.
    """
    if unit.shortcut is None:
        raise NotApplicable("the shortcut cannot be told from the branch")
    if unit.form == "subtract":
        raise NotApplicable("one path is subtracted from the other")
    inside, call = _merge(draft, unit)
    carried = unit.shortcut[-1].index if unit.shortcut else unit.entry.index
    sources = unit.merge.sources
    if carried not in sources or len(call.reads) != len(sources):
        raise NotApplicable("the merge does not read the shortcut itself")
    value, merged = call.reads[sources.index(carried)], call.outputs[0]
    if (value.shape, value.dtype) != (merged.shape, merged.dtype):
        raise NotApplicable(
            f"the shortcut is {value.shape}, and the merge {merged.shape}"
        )
    return (inside, call), value


def _merge(draft: Draft, unit: Unit) -> Place:
    place = draft.find(unit.graph.node_of(unit.merge))
    if place is None:
        raise NotApplicable("its merge is gone already")
    if draft.is_shared(place[0]):
        raise NotApplicable("the model around it is called several times")
    return place
