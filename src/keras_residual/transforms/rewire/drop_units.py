"""Takes residual units out, so that their shortcuts stand alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.graph.analysis import find_residuals
from keras_residual.graph.units import Unit
from keras_residual.transforms.call import Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.finishing import finished
from keras_residual.transforms.rewire.places import Place, must_be_there
from keras_residual.transforms.rewritten import Change, Rewritten


@checked
def drop_units(
    model: keras.Model,
    units: str | Unit | Iterable[str | Unit],
    *,
    inputs: Any = None,
) -> Rewritten:
    """Takes residual units out: what read the merge reads the shortcut.

    An identity unit goes without a trace; a projection stays, and so do the activation
    and the norm after the merge. This is the model whose loss the lesion measures.

    Args:
        model: A Functional or Sequential model; it is not changed.
        units: Units that `find_residuals` found, or their paths.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, and what changed. It computes another function, so
        what is proved is that each layer that was kept computes what it did.

    Raises:
        KindError: This is no Keras model.
        ResidualError: There is no such unit, its shortcut cannot be told or cannot
            stand for the merge, or it lies in a model that is called several times.

    Reference:
        Veit et al., Residual Networks Behave Like Ensembles of Relatively Shallow
        Networks, 2016, section 4.1, https://arxiv.org/abs/1605.06431.

    Examples:
        >>> x = keras.Input((4,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(4)(x)])
        >>> model = keras.Model(x, keras.layers.Dense(2, name="head")(y))
        >>> [a.name for a in kr.rewire.drop_units(model, "add").model.layers[1:]]
        ['head']
    """
    draft = Draft(model)
    changes = dropped(draft, units, find_residuals(model))
    return finished(draft, changes, inputs=inputs)


def dropped(
    draft: Draft, units: str | Unit | Iterable[str | Unit], found: Iterable[Unit]
) -> list[Change]:
    """Takes units out of a draft, and returns what was done.

    Args:
        draft: The outermost draft.
        units: As `drop_units` takes them.
        found: All units of the model.
    """
    known = {unit.path: unit for unit in found}
    changes = []
    for one in _listed(units):
        path = one.path if isinstance(one, Unit) else one
        must_be_there(draft, path, "drop_units", known, "unit")
        try:
            (inside, call), carried = replacement(draft, known[path])
        except NotApplicable as reason:
            others = ", ".join(map(repr, droppable(draft, known)))
            raise ResidualError(
                f'Unit "{path}": it cannot be dropped.',
                given=f"a unit of which {reason}",
                needed="Without its branch, the shortcut alone stands for the merge."
                + "\nOf this model, no unit can be dropped." * (not others),
                write=others and f"others of  {others}",
            ) from None
        changes.append(Change(f"{known[path].kind} unit", path, "is its shortcut now"))
        inside.replace(call.outputs[0], carried)
    _open_empty_models(draft)
    return changes


def _listed(units: Any) -> list[str | Unit]:
    units = [units] if isinstance(units, str | Unit) else units
    single = getattr(units, "shape", None) == () or isinstance(units, keras.KerasTensor)
    if single or not isinstance(units, Iterable):
        raise KindError(
            "drop_units: these are no units.",
            given=f"{units!r:.80}",
            needed="A unit is named by its path, which `find_residuals` lists.",
            write="drop_units(model, find_residuals(model)[:1])",
        )
    return list(units)


def droppable(draft: Draft, units: dict[str, Unit]) -> list[str]:
    """Returns the paths of the units that can be dropped.

    Args:
        draft: The outermost draft.
        units: The units of the model by path.
    """
    found = []
    for path, unit in units.items():
        try:
            replacement(draft, unit)
        except NotApplicable:
            continue
        found.append(path)
    return found


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


def _open_empty_models(draft: Draft) -> None:
    """Lets nobody call a model inside that returns its input and nothing else."""
    for one in reversed(list(draft.family.values())):
        for call in one.calls:
            inner = draft.family.get(id(call.operation))
            if inner is not None and inner.outputs is inner.inputs[0]:
                one.replace(call.outputs[0], call.reads[0])
