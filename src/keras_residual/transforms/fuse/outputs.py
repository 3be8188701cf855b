"""Outputs keep their names, which in Keras are those of the layers that make them."""

from __future__ import annotations

import keras

from keras_residual.transforms.call import Call, NewLayer, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable, Work


def must_pass_its_name(work: Work, call: Call, heir: Call | None) -> None:
    """Asks that an output can be made by another layer under the name that it has.

    Args:
        work: The draft that the call stands in.
        call: A call that is to be taken out.
        heir: What makes the tensor that stands for its output.

    Raises:
        NotApplicable: The other layer is needed under its own name.
    """
    draft = work.draft
    if not _names_of(draft) or call.outputs[0] not in draft.read_outside:
        return
    try:
        work.own(call)
        if heir is None or id(heir.operation) in draft.family:
            raise NotApplicable("no layer of its own makes it")
        work.own(heir)
        if not draft.read_outside.isdisjoint(heir.outputs):
            raise NotApplicable("it has a name already")
    except NotApplicable:
        raise NotApplicable("an output of the model has its name") from None


def keep_names(draft: Draft) -> dict[int, str]:
    """Lets the layers that make the outputs have the names that the outputs had.

    Args:
        draft: The outermost draft, edited; a planned layer is renamed in it.

    Returns:
        The names of layers that are to be copied, by the identity of the old ones.
    """
    found = {}
    for name, value in zip(_names_of(draft), _flat(draft.outputs), strict=False):
        call = draft.maker(value)
        if call is None or call.name == name:
            continue
        if isinstance(call.operation, NewLayer):
            call.operation.config["name"] = name
        else:
            found[id(call.operation)] = name
    return found


def _flat(outputs: object) -> list[Value]:
    return keras.tree.flatten(outputs)


def _names_of(draft: Draft) -> list[str]:
    """Returns the names of what the model returns; of one inside nobody asks."""
    return [] if draft.path else getattr(draft.model, "output_names", [])
