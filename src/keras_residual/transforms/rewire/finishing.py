"""Makes the model at the end of a surgery, and proves what it kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.transforms.call import Value
from keras_residual.transforms.copies import Copies
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.original import Original
from keras_residual.transforms.preconditions import merges_of
from keras_residual.transforms.proof import Proof, proved, proved_where_same
from keras_residual.transforms.rebuild import rebuilt
from keras_residual.transforms.rewire.tidying import tidy
from keras_residual.transforms.rewritten import Change, Left, Rewritten


def finished(
    draft: Draft,
    changes: Iterable[Change],
    left: Iterable[Left] = (),
    *,
    inputs: Any = None,
) -> Rewritten:
    """Makes the new model of a surgery that may have changed the function.

    Where it has not, that is proved. Where it has, each layer that was kept is compared
    with its copy.

    Args:
        draft: The outermost draft.
        changes: What was done.
        left: What was left, and why.
        inputs: What `prove` takes.

    Raises:
        ResidualError: An input is read no more, or two layers have one name; or a layer
            that was kept computes something else.
    """
    new, copies = made(draft)
    try:
        old = Original(draft.model, inputs)
    except ResidualError as error:
        if inputs is not None:
            raise
        weak = f"it was tried on nothing. {error.where}".rstrip(".")
        return Rewritten(new, tuple(changes), tuple(left), Proof((), (weak,)))
    proof = proved_where_same(old, new, copies)
    return Rewritten(new, tuple(changes), tuple(left), proof)


def finished_alike(
    draft: Draft,
    changes: Iterable[Change],
    left: Iterable[Left] = (),
    *,
    of: keras.Model | None = None,
    tolerance: float | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Makes the new model of a surgery that keeps the function, which is proved.

    Args:
        draft: The outermost draft.
        changes: What was done.
        left: What was left, and why.
        of: The model to be equal to; by default the one that was drafted.
        tolerance: What `prove` takes.
        inputs: What `prove` takes.

    Raises:
        ResidualError: As `finished`; or the new model computes something else.
    """
    new, _ = made(draft)
    old = Original(of or draft.model, inputs)
    proof = proved(old, new, tolerance=tolerance, merges=merges_of(draft))
    return Rewritten(new, tuple(changes), tuple(left), proof)


def made(draft: Draft) -> tuple[keras.Model, Copies]:
    """Makes the new model, and tells which layer became which.

    Args:
        draft: The outermost draft.

    Raises:
        ResidualError: An input is read no more, or two layers have one name.
    """
    tidy(draft)
    for one in draft.family.values():
        _all_read(one)
        _all_unlike(one)
    return rebuilt(draft)


def _all_read(draft: Draft) -> None:
    read = {value for call in draft.in_order() for value in call.reads}
    read |= {v for v in keras.tree.flatten(draft.outputs) if isinstance(v, Value)}
    for value, entry in zip(draft.inputs, draft.entries, strict=True):
        if value not in read:
            raise ResidualError(
                f'Model "{draft.model.name}": an input would be read by nothing.',
                given=f"input {entry['name']!r}, shape {value.shape}",
                needed="Keras makes a model only where each of its inputs reaches an "
                "output.",
                write="keras.Model(model.inputs, [*model.outputs, kept]), with a "
                "tensor `kept` that is made of it",
            )


def _all_unlike(draft: Draft) -> None:
    owners = {entry["name"]: entry for entry in draft.entries}
    for call in draft.in_order():
        if owners.setdefault(call.name, call.operation) is not call.operation:
            raise ResidualError(
                f'Model "{draft.model.name}": two layers would have one name.',
                given=repr(call.name),
                needed="Weights are found by name, so a name stands once in a model.",
                write="another name",
            )
