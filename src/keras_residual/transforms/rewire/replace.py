"""Swaps one kind of thing for another all over a model."""

from __future__ import annotations

from typing import Any, Literal

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.compose.merge import MergeSlot
from keras_residual.compose.named import NormSlot, ShortcutSlot
from keras_residual.graph.graph import Graph
from keras_residual.graph.units import units_of
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.rewire.finishing import finished, finished_alike
from keras_residual.transforms.rewire.grafting import axes_of
from keras_residual.transforms.rewire.rules.activation import (
    activation as by_activation,
)
from keras_residual.transforms.rewire.rules.drop_path import drop_path as by_drop_path
from keras_residual.transforms.rewire.rules.excitation import excitation
from keras_residual.transforms.rewire.rules.merge import merge as by_merge
from keras_residual.transforms.rewire.rules.norm import norm as by_norm
from keras_residual.transforms.rewire.rules.order import order as by_order
from keras_residual.transforms.rewire.rules.shortcut import shortcut as by_shortcut
from keras_residual.transforms.rewire.rules.surgery import Surgery
from keras_residual.transforms.rewritten import Rewritten


@checked
def replace(  # noqa: PLR0913 - one word for each slot
    model: keras.Model,
    *,
    activation: Any = None,
    norm: NormSlot = None,
    shortcut: ShortcutSlot = None,
    se: int | None = None,
    drop_path: float | tuple[float, str] | None = None,
    merge: MergeSlot | None = None,
    order: Literal["preactivation"] | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Swaps activations, norms, shortcuts or merges, or gives units one thing more.

    Weights that still fit are kept. Stochastic depth leaves the function in inference
    as it is, and that is proved; all else makes another function, to be trained on.

    Args:
        model: A Functional or Sequential model; it is not changed.
        activation: What stands in the place of rectifiers and their like; gates,
            softmax and outputs stay. Before a max-pool that is padded with zeros, a
            rectifier gives way to `"relu"` or `"relu6"` only. By default they all stay.
        norm: `"batch"`, `"layer"`, `"group"`, `"rms"` or a part, in the place of every
            norm; it takes over scale and shift. By default they stay.
        shortcut: A part or a word, in the place of every shortcut that is not the
            identity. By default they stay.
        se: The ratio of squeeze-and-excitation, which is put at the end of every
            branch. By default none.
        drop_path: The rate of stochastic depth, which is put at the end of every branch
            of a sum, and its schedule: `(0.1, "linear")` grows up to 0.1, `(0.1,
            "constant")` does not. By default none.
        merge: A merge or a word, such as `"gate"`, in the place of every sum of a
            shortcut and a branch. By default they stay.
        order: `"preactivation"` moves the norm and activation behind each unit before
            the weights of the next: ResNet v2 of v1. No kernel changes, and norms keep
            what they hold. Their moving statistics are of other numbers, so train it on
            before use. By default they stay.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, what changed, what was left and why, and the proof:
        of the whole where the function is the same, else of each layer that was kept.

    Raises:
        KindError: This is no Keras model.
        ResidualError: A word, a rate or a ratio is not known, or nothing was asked for.

    Examples:
        >>> x = keras.Input((4,))
        >>> y = keras.layers.ReLU(name="act")(keras.layers.Dense(4)(x))
        >>> model = keras.Model(x, keras.layers.Dense(2)(y))
        >>> new = kr.rewire.replace(model, activation="gelu").model
        >>> new.layers[2].name
        'act_gelu1'
    """
    graph = Graph(model)
    rules = [
        (by_order, order),
        (by_activation, activation),
        (by_norm, norm),
        (by_shortcut, shortcut),
        (excitation, se),
        (by_drop_path, drop_path),
        (by_merge, merge),
    ]
    asked = [(rule, given) for rule, given in rules if given is not None]
    if not asked:
        raise ResidualError(
            f'Model "{model.name}": replace was asked for nothing.',
            given="no rule",
            needed="It swaps what stands in a slot, or its order, or adds se or "
            "drop_path.",
            write='replace(model, activation="gelu")',
        )
    surgery = Surgery(Draft(model), units_of(graph))
    with axes_of(graph, surgery.draft):
        for rule, given in asked:
            rule(surgery, given)
    finish = finished
    if [rule for rule, _ in asked] == [by_drop_path]:
        finish = finished_alike
    return finish(surgery.draft, surgery.changes, surgery.left, inputs=inputs)
