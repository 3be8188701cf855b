"""Makes the model at the end of a surgery that changed the function."""

from __future__ import annotations

from collections.abc import Iterable

import keras

from keras_residual.rewrite.draft import Draft, Value
from keras_residual.rewrite.proof import Proof
from keras_residual.rewrite.rebuild import rebuild
from keras_residual.rewrite.rewritten import Change, Left, Rewritten


def finished(
    draft: Draft, changes: Iterable[Change], left: Iterable[Left] = ()
) -> Rewritten:
    """Makes the new model; there is nothing to prove, for it computes something else.

    Args:
        draft: The outermost draft.
        changes: What was done.
        left: What was left, and why.

    Raises:
        ValueError: An input is read no more, or two layers have one name.
    """
    for one in draft.family.values():
        _all_read(one)
        _all_unlike(one)
    return Rewritten(rebuild(draft), tuple(changes), tuple(left), Proof(()))


def _all_read(draft: Draft) -> None:
    read = {value for call in draft.in_order() for value in call.reads}
    read |= {v for v in keras.tree.flatten(draft.outputs) if isinstance(v, Value)}
    for value, entry in zip(draft.inputs, draft.entries, strict=True):
        if value not in read:
            raise ValueError(
                f'Model "{draft.model.name}": an input would be read by nothing.\n'
                f"  given  input {entry['name']!r}, shape {value.shape}\n"
                "Keras makes a model only where each of its inputs reaches an output.\n"
                "Leave one of the layers that read it."
            )


def _all_unlike(draft: Draft) -> None:
    owners = {entry["name"]: entry for entry in draft.entries}
    for call in draft.in_order():
        if owners.setdefault(call.name, call.operation) is not call.operation:
            raise ValueError(
                f'Model "{draft.model.name}": two layers would have one name.\n'
                f"  given  {call.name!r}\n"
                "Weights are found by name, so a name stands once in a model.\n"
                "Write another name"
            )
