"""Runs the passes until nothing changes, and proves what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.transforms.call import Call
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.fuse import (
    chains,
    idle,
    padding,
    parallel,
    scales,
)
from keras_residual.transforms.fuse.outputs import keep_names
from keras_residual.transforms.fuse.own import graph_kept, no_end, own_pass
from keras_residual.transforms.original import Original
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    class_of,
    merges_of,
    works,
)
from keras_residual.transforms.proof import Proof, proved
from keras_residual.transforms.rebuild import rebuild
from keras_residual.transforms.rewritten import Change, Left, Rewritten
from keras_residual.transforms.trials import given_trial

Pass = Callable[[Work, Call], str | None]
"""Changes the draft at one call and says what it did; None where it did nothing."""
Passes = Sequence["str | Pass | type"]
_PASSES: dict[str, Pass] = {
    "idle": idle.fold,
    "after": scales.into_before,
    "before": scales.into_after,
    "scalars": scales.into_constant,
    "padding": padding.fold,
    "parallel": parallel.fold,
    "chains": chains.fold,
}
PASSES = tuple(_PASSES)
"""The passes, in the order in which they run."""


@checked
def fuse(
    model: keras.Model,
    *,
    passes: Passes = PASSES,
    tolerance: float | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Makes a model for inference that computes the same with fewer layers.

    Batch norms, layer scales and constants go into the linear layers around them,
    parallel linear branches into one kernel (RepVGG, MobileOne), and a shortcut around
    a linear branch too; dropouts and identities go out. What is legal is read from
    the graph. Both models run side by side, and a difference is refused.

    Use it after training: the result has no batch norms left to train. Inputs and
    outputs keep their names: Keras calls an output like the layer that makes it, and
    a layer that takes over an output takes its name.

    Args:
        model: A Functional or Sequential model; it is not changed.
        passes: What may be done; by default all of it. `"idle"` takes out what does
            nothing in inference, `"after"` and `"before"` fold a scale into the layer
            before or after it, `"scalars"` joins constants, `"padding"` folds
            `ZeroPadding` layers, `"parallel"` joins branches that are added and
            `"chains"` two linear layers in a row, where that multiplies less. A pass of
            your own is a function of a `Work` and a `Call`, or a class whose objects
            are: `passes=[*PASSES, my_pass]`. It is proved as ours are.
        tolerance: The largest difference in proportion to the largest output; by
            default 1e-5, and more where half precision computes.
        inputs: What both run on: arrays in the order of `model.inputs`, or a dict by
            name; by default they are made up.

    Returns:
        The new model, not compiled, what changed, what was left and why, and the proof.
        Where nothing changes, it is `model` itself, and nothing is run.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model has no graph, there is no such pass, the new model
            computes something else, or a pass of your own leaves no graph or no end.

    Reference:
        Jacob et al., Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference, 2018, section 3.2,
        https://arxiv.org/abs/1712.05877; Ding et al., RepVGG: Making VGG-style ConvNets
        Great Again, 2021, section 3.3, https://arxiv.org/abs/2101.03697.

    Examples:
        >>> inputs = keras.Input((8, 8, 3))
        >>> block = kr.Residual(branch=[kr.conv(3, 3), kr.norm()], shortcut=kr.norm())
        >>> model = keras.Model(inputs, block(inputs))
        >>> [type(layer).__name__ for layer in kr.fuse(model).model.layers]
        ['InputLayer', 'Conv2D']
    """
    _refuse(model, passes)
    folds = [_PASSES[one] if isinstance(one, str) else own_pass(one) for one in passes]
    draft = Draft(model)
    changes, left = _folded(draft, folds)
    if not changes:
        if inputs is not None:
            given_trial(model, inputs)  # what does not fit is refused all the same
        return Rewritten(model, (), left, Proof(()))
    with graph_kept(passes):
        new = rebuild(draft, names=keep_names(draft))
    proof = _proved(Original(model, inputs), new, draft, tolerance)
    return Rewritten(new, changes, left, proof)


def _folded(
    draft: Draft, folds: Sequence[Pass]
) -> tuple[tuple[Change, ...], tuple[Left, ...]]:
    """Runs the passes in turn, until a whole turn changes nothing."""
    changes: list[Change] = []
    turns = 2 * sum(len(one.calls) for one in draft.family.values()) + 1
    for _ in range(turns):
        left: dict[Left, None] = {}
        found = [change for fold in folds for change in _run(fold, draft, left)]
        if not found:
            return tuple(changes), tuple(left)
        changes += found
    raise no_end(changes[-1], turns)


def _refuse(model: keras.Model, passes: Passes) -> None:
    if isinstance(model, keras.Function) and not isinstance(model, keras.Model):
        raise KindError(
            "fuse takes a model.",
            given=f"keras.Function {model.name!r}",
            needed="The new model is saved and run as one.",
            write="fuse(keras.Model(function.inputs, function.outputs))",
        )
    words = [one for one in passes if not callable(one)]
    unknown = [word for word in words if word not in PASSES]
    if unknown:
        raise ResidualError(
            f"fuse has no pass {unknown[0]!r}.",
            given=f"passes={list(passes)}",
            needed="Each pass runs as often as it finds work.",
            write=f"some of  {', '.join(map(repr, PASSES))}",
        )


def _run(fold: Pass, outer: Draft, left: dict[Left, None]) -> list[Change]:
    """Runs one pass over the calls of a model and of those inside."""
    changes = []
    for work in works(outer):
        draft = work.draft
        for call in draft.calls:
            if call not in draft:
                continue  # gone with a call before it
            path, name = draft.path_of(call), class_of(call).__name__
            try:
                what = fold(work, call)
            except NotApplicable as reason:
                left[Left(name, path, str(reason))] = None
            else:
                if what is not None:
                    changes.append(Change(name, path, what))
    return changes


def _proved(
    old: Original, new: keras.Model, draft: Draft, tolerance: float | None
) -> Proof:
    """Compares the merges that stay, too; regularisers go with what is fused."""
    return proved(old, new, tolerance=tolerance, merges=merges_of(draft), losses=())
