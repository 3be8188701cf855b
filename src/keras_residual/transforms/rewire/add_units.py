"""Makes a network deeper by residual units that change nothing at first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import keras
import numpy as np

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.graph.analysis import Analysis, as_built
from keras_residual.graph.blocks import blocks_of
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.transforms.call import Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.finishing import finished, finished_alike
from keras_residual.transforms.rewire.places import must_be_there
from keras_residual.transforms.rewire.silence import silenced
from keras_residual.transforms.rewire.twins import Twins
from keras_residual.transforms.rewire.ways import replacement
from keras_residual.transforms.rewritten import Change, Rewritten

_GRID = np.linspace(-9, 9, 37, dtype="float32")[None]
_SAID = {
    "zero": "is followed by a new one that adds nothing yet",
    "copy": "is followed by its copy, which adds nothing yet",
    "stack": "is followed by its copy",
}


@checked
def add_units(
    model: keras.Model,
    places: str | Unit | Iterable[Any],
    *,
    init: Literal["zero", "copy", "stack"] = "zero",
    tolerance: float | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Makes a network deeper: units come once more after themselves.

    The last linear layer or norm of each new branch is zero, so that the function is
    kept at the start; both models run side by side, and a difference is refused. With
    `init="stack"` the function is another one, and must be trained.

    Args:
        model: A Functional or Sequential model; it is not changed. One that hides its
            units in layers is opened before: `kr.unfold(model).model`.
        places: Units with an identity shortcut, or their paths, as `find_residuals`
            lists them; a tuple or list among them is one block, whose units follow each
            other and are copied together: `[("attention_add", "mlp_add")]`. The path of
            a layer that holds several, as of a transformer's, is such a block too.
        init: What the new layers hold. `"zero"`: weights that their initialisers draw
            anew, and zeros in the last layer of each branch alone, so that the unit
            adds nothing yet. `"copy"`: the weights of the old unit, and zeros there
            too. `"stack"`: all weights of the old unit; the function is another one.
        tolerance: The largest difference in proportion to the largest output; by
            default 1e-5, and more where half precision computes.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, the units, and the proof. All layers train; to
        train the new ones alone, freeze those whose names have no `_copy`.

    Raises:
        KindError: This is no Keras model, or these are no units.
        ResidualError: There is no such unit, its shortcut is no identity, its branch
            cannot be made zero, or the new model computes something else.

    Reference:
        `"copy"`: Wu et al., LLaMA Pro: Progressive LLaMA with Block Expansion, 2024,
        section 3.2, https://arxiv.org/abs/2401.02415. `"zero"`, in spirit: Chen et al.,
        Net2Net, 2015, section 2.3, https://arxiv.org/abs/1511.05641. `"stack"`: Kim et
        al., SOLAR 10.7B, 2023, section 2, https://arxiv.org/abs/2312.15166.

    Examples:
        >>> x = keras.Input((4,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(4)(x)])
        >>> new = kr.rewire.add_units(keras.Model(x, y), "add", init="copy").model
        >>> [unit.path for unit in kr.find_residuals(new)]
        ['add', 'add_copy']
    """
    draft, analysis = Draft(model), as_built(model)
    graph = analysis.graph
    changes = []
    for block in _blocks(draft, places, analysis):
        try:
            _grow(draft, graph, block, init)
        except NotApplicable as reason:
            raise _stays(Draft(model), analysis, block, init, reason) from None
        paths = " to ".join(dict.fromkeys((block[0].path, block[-1].path)))
        changes.append(
            Change("unit" if len(block) == 1 else "block", paths, _SAID[init])
        )
    if init == "stack":
        return finished(draft, changes, inputs=inputs)
    return finished_alike(draft, changes, tolerance=tolerance, inputs=inputs)


def _stays(
    draft: Draft, analysis: Analysis, block: list[Unit], init: str, reason: Any
) -> ResidualError:
    """Returns the refusal, which names what can be written instead."""
    graph = analysis.graph
    others = [
        repr(unit.path)
        for unit in analysis.units
        if unit not in block and _can_grow(draft, graph, [unit], init)
    ]
    advice = [f"others of  {', '.join(others[:3])}"] if others else []
    if init != "stack" and _can_grow(draft, graph, block, "stack"):
        advice.append('init="stack", which is another function')
    needed = "A unit comes twice where its shortcut carries what enters it"
    return ResidualError(
        f'Unit "{block[-1].path}": it cannot come twice.',
        given=f"init={init!r}, and {reason}",
        needed=f"{needed}."
        if init == "stack"
        else f"{needed}, and keeps the function where its branch can be made zero.",
        write=", or ".join(advice),
    )


def _can_grow(draft: Draft, graph: Graph, block: list[Unit], init: str) -> bool:
    try:
        _spans(draft, graph, block, init)
        if init != "stack":
            for unit in block:
                silenced(graph, unit)
    except NotApplicable:
        return False
    return True


def _blocks(draft: Draft, places: Any, analysis: Analysis) -> list[list[Unit]]:
    """Returns the units of each place, in the order in which they compute."""
    units = {unit.path: unit for unit in analysis.units}
    layers = {b.path: b.units for b in blocks_of(analysis.graph, analysis.units)}
    known = {path: (unit,) for path, unit in units.items()} | layers
    order = list(units)
    blocks = []
    for place in [places] if isinstance(places, str | Unit) else _several(places):
        block = [place] if isinstance(place, str | Unit) else _several(place)
        paths = [one.path if isinstance(one, Unit) else one for one in block]
        for path in paths:
            must_be_there(draft, path, "add_units", known, "unit")
        inside = {unit.path for path in paths for unit in known[path]}
        if inside:
            blocks.append([units[path] for path in sorted(inside, key=order.index)])
    return blocks


def _several(given: Any) -> list[Any]:
    if isinstance(given, Iterable) and not hasattr(given, "shape"):
        return list(given)
    raise KindError(
        "add_units: these are no units.",
        given=f"{given!r:.80}",
        needed="A unit is named by its path, which `find_residuals` lists.",
        write="add_units(model, find_residuals(model)[:1])",
    )


@dataclass(frozen=True)
class _Span:
    """The draft that a unit lies in, and the values where it begins and ends."""

    draft: Draft
    entry: Value
    end: Value


def _grow(draft: Draft, graph: Graph, block: list[Unit], init: str) -> None:
    spans = _spans(draft, graph, block, init)
    zeros = [] if init == "stack" else [silenced(graph, unit) for unit in block]
    twins = Twins(spans[0].draft, spans[0].entry, spans[-1].end)
    if init != "zero":
        twins.take_weights()
    for layer, which in (pair for found in zeros for pair in found):
        twin = twins.of(layer)
        if twin is None:
            raise NotApplicable(f"{layer.name} lies outside, where it cannot be copied")
        for weight in (twin.weights[k] for k in which):
            weight.assign(np.zeros(weight.shape, "float32"))
    twins.enter()


def _spans(draft: Draft, graph: Graph, block: list[Unit], init: str) -> list[_Span]:
    spans = [_span(draft, graph, unit, stacked=init == "stack") for unit in block]
    for one, other in pairwise(spans):
        if other.entry is not one.end:
            raise NotApplicable("the units of the block do not follow each other")
    return spans


def _span(draft: Draft, graph: Graph, unit: Unit, *, stacked: bool) -> _Span:
    if unit.form != "add" or unit.kind != "identity":
        raise NotApplicable(f"it is a {unit.kind} unit, and joined by: {unit.form}")
    (inside, call), entry = replacement(draft, unit)
    (end,) = call.outputs
    normed = unit.entry.kind == "norm" and any(op.kind == "norm" for op in unit.after)
    if normed and not stacked:
        raise NotApplicable(
            "a norm follows its sum, and the norm of what is normed is not the same"
        )
    for op in unit.after:
        place = draft.find(graph.node_of(op))
        if place is None or place[0] is not inside or not (normed or _settles(op)):
            break
        (end,) = place[1].outputs
    return _Span(inside, entry, end)


def _settles(op: Op) -> bool:
    """Says whether an activation changes nothing the second time, as ReLU."""
    if op.kind != "act" or getattr(op.layer, "weights", None):
        return False
    layer: Any = op.layer
    try:
        once = layer(keras.ops.convert_to_tensor(_GRID))
        return bool(np.array_equal(numbers(once), numbers(layer(once))))
    except Exception:  # foreign code
        return False
