"""Puts residual connections into a plain network, and keeps its function."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.compose.parts import scale
from keras_residual.graph.graph import Graph
from keras_residual.graph.units import units_of
from keras_residual.transforms.call import Call, NewLayer, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.finishing import finished_alike
from keras_residual.transforms.rewire.grafting import axes_of, grow, stand_in
from keras_residual.transforms.rewire.sites import Sites
from keras_residual.transforms.rewritten import Change, Left, Rewritten


@checked
def add_skips(
    model: keras.Model,
    *,
    length: int = 2,
    gate: Any = None,
    tolerance: float | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Puts residual connections into a plain network, and keeps its function.

    `y = f(x)` becomes `y = f(x) + g x`, where `g` is zero and is learned. A trained
    network keeps its accuracy, and goes on learning with the new paths. Blocks are rows
    of layers that return the shape of their input; they begin at a convolution or dense
    layer, end behind the norm after the last one, and do not overlap. Both models run
    side by side, and a difference is refused.

    Args:
        model: A Functional or Sequential model; it is not changed.
        length: How many convolutions or dense layers a block has.
        gate: The part on the skip; it must return zeros at first. By default a zero for
            each channel, `kr.scale(0.0, per="channel")`, which opens in Keras alone;
            on a masked sequence a layer of ours carries the mask past it.
        tolerance: The largest difference in proportion to the largest output; by
            default 1e-5, and more where half precision computes.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, the skips, where none was possible and why, and the
        proof.

    Raises:
        KindError: This is no Keras model.
        ResidualError: The length is not positive, or the new model computes something
            else.

    Reference:
        The blocks: He et al., Deep Residual Learning for Image Recognition, 2015,
        section 3.3, https://arxiv.org/abs/1512.03385. The gate at zero: Bachlechner et
        al., ReZero is All You Need, 2020, https://arxiv.org/abs/2003.04887, there on
        the branch.

    Examples:
        >>> layers = [keras.layers.Dense(4, "relu", name=n) for n in ("a", "b", "c")]
        >>> model = keras.Sequential([keras.Input((8,)), *layers])
        >>> print(kr.rewire.add_skips(model, length=1).changes)
        (Change(kind='skip', path='b to b', what='is added, times zero'),)
    """
    if length < 1:
        raise ResidualError(
            "add_skips: a block of no layers.",
            given=f"length={length!r}",
            needed="A skip goes around one convolution or dense layer, or more.",
            write="length=2",
        )
    gate = scale(0.0, per="channel") if gate is None else gate
    draft = Draft(model)
    graph = Graph(model)
    units = units_of(graph)
    changes: list[Change] = []
    left: list[Left] = []
    with axes_of(graph, draft):
        for one in list(draft.family.values()):
            _open_skips(one, Sites(one, units, length), gate, changes, left)
    return finished_alike(draft, changes, left, tolerance=tolerance, inputs=inputs)


def _open_skips(
    draft: Draft, sites: Sites, gate: Any, changes: list[Change], left: list[Left]
) -> None:
    taken: set[Call] = set()
    for call in draft.in_order():
        if call in taken or not sites.begins(call):
            continue
        try:
            block = sites.block(call)
            _open(draft, block, gate)
        except NotApplicable as reason:
            left.append(Left("skip", draft.path_of(call), str(reason)))
            continue
        taken.update(block)
        ends = f"{draft.path_of(call)} to {draft.path_of(block[-1])}"
        changes.append(Change("skip", ends, "is added, times zero"))


def _open(draft: Draft, block: list[Call], gate: Any) -> None:
    entry, end = block[0].reads[0], block[-1].outputs[0]
    name = _free(draft, f"{block[-1].name}_skip")
    held = Value(end.shape, end.dtype, end.masked)
    draft.replace(end, held)
    carried = grow(draft, entry, gate, name)
    if end.masked:
        carried = stand_in(draft, end, carried, entry, name)
    merged = Value(end.shape, end.dtype, end.masked)
    config = {"name": f"{name}_add", "dtype": end.dtype}
    planned = NewLayer(keras.layers.Add, config)
    draft.insert(planned, ([carried, end],), merged)
    draft.replace(held, merged)


def _free(draft: Draft, name: str) -> str:
    """Returns the name, or counts on where a layer called again has used it."""
    names, number, free = {call.name for call in draft.calls}, 1, name
    while f"{free}_add" in names:
        number += 1
        free = f"{name}{number}"
    return free
