"""Takes residual units out, so that their shortcuts stand alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import keras

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.graph.analysis import Analysis, as_built
from keras_residual.graph.blocks import Block, alone, blocks_of
from keras_residual.graph.found import Unit
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.finishing import finished
from keras_residual.transforms.rewire.grafting import know_masks, stand_in
from keras_residual.transforms.rewire.places import must_be_there
from keras_residual.transforms.rewire.ways import way_round
from keras_residual.transforms.rewritten import Change, Rewritten


@checked
def drop_units(
    model: keras.Model,
    units: str | Unit | Iterable[str | Unit],
    *,
    by: Literal["unit", "block"] = "unit",
    inputs: Any = None,
) -> Rewritten:
    """Takes residual units out: what read the merge reads the shortcut.

    An identity unit goes without a trace; a projection stays, and so do the activation
    and the norm after the merge. This is the model whose loss the lesion measures. A
    block goes with all that its layer does to the stream, its norms among it.

    Args:
        model: A Functional or Sequential model; it is not changed. One that hides its
            units in layers is opened before: `kr.unfold(model).model`.
        units: Units that `find_residuals` found, or their paths.
        by: What goes with each: the `"unit"` alone, or its `"block"`, all units of the
            layer that it lies in, as attention and feed-forward of a transformer's
            layer. A block may be named by the path of its layer. A unit that lies in no
            such layer is a block by itself.
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
        Networks, 2016, section 4.1, https://arxiv.org/abs/1605.06431. Blocks: Men et
        al., ShortGPT, 2024, section 3, https://arxiv.org/abs/2403.03853.

    Examples:
        >>> x = keras.Input((4,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(4)(x)])
        >>> model = keras.Model(x, keras.layers.Dense(2, name="head")(y))
        >>> [a.name for a in kr.rewire.drop_units(model, "add").model.layers[1:]]
        ['head']
    """
    draft, analysis = Draft(model), as_built(model)
    know_masks(analysis.graph, draft)
    known = known_blocks(analysis, by)
    _must_be_open(analysis, known)
    return finished(draft, dropped(draft, _listed(units), known, by), inputs=inputs)


def known_blocks(analysis: Analysis, by: str) -> dict[str, Block]:
    """Returns what can be named to be dropped, by its path; a block by its units' too.

    Args:
        analysis: The model, as it is built.
        by: `"unit"`, or `"block"`.
    """
    if by == "unit":
        return {unit.path: alone(unit) for unit in analysis.units}
    blocks = blocks_of(analysis.graph, analysis.units)
    of_units = {unit.path: block for block in blocks for unit in block.units}
    return {block.path: block for block in blocks} | of_units


def dropped(
    draft: Draft,
    named: Iterable[str | Unit],
    known: Mapping[str, Block],
    by: str = "unit",
) -> list[Change]:
    """Takes units or blocks out of a draft, and returns what was done.

    Args:
        draft: The outermost draft.
        named: Units, or paths.
        known: What there is, by its path.
        by: What each is: `"unit"`, or `"block"`.
    """
    paths = [one.path if isinstance(one, Unit) else one for one in named]
    for path in paths:
        must_be_there(draft, path, "drop_units", known, by)
    changes = []
    for block in dict.fromkeys(known[path] for path in paths):
        try:
            inside, ends, carried = way_round(draft, block)
        except NotApplicable as reason:
            raise _stays(draft, block, known, by, reason) from None
        for value in ends:
            name = f"{block.path.rpartition('/')[2]}_shortcut"
            inside.replace(value, stand_in(inside, value, carried, carried, name))
        changes.append(_change(block))
    return changes


def _change(block: Block) -> Change:
    if not block.whole:
        kind = block.units[0].kind
        return Change(f"{kind} unit", block.path, "is its shortcut now")
    return Change("block", block.path, "is gone: what entered it goes on")


def _stays(
    draft: Draft, block: Block, known: Mapping[str, Block], by: str, reason: Any
) -> ResidualError:
    others = ", ".join(map(repr, droppable(draft, known)))
    return ResidualError(
        f'{by.capitalize()} "{block.path}": it cannot be dropped.',
        given=f"a {by} of which {reason}",
        needed="Without its branch, the shortcut alone stands for the merge."
        + f"\nOf this model, no {by} can be dropped." * (not others),
        write=others and f"others of  {others}",
    )


def _must_be_open(analysis: Analysis, known: Mapping[str, Block]) -> None:
    if known or not analysis.closed:
        return
    raise ResidualError(
        f'Model "{analysis.model.name}": its units lie in layers that are not opened.',
        given=analysis.notes[0],
        needed="A rewrite takes a model as it is built.",
        write="drop_units(kr.unfold(model).model, ...)",
    )


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


def droppable(draft: Draft, known: Mapping[str, Block]) -> list[str]:
    """Returns the paths of the units or blocks that can be dropped.

    Args:
        draft: The outermost draft.
        known: What there is, by its path.
    """
    found = {}
    for block in known.values():
        try:
            way_round(draft, block)
        except NotApplicable:
            continue
        found[block.path] = block
    return list(found)
