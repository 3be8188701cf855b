"""A scale or shift goes into the linear layer after it."""

from __future__ import annotations

from keras.layers import BatchNormalization

from keras_residual.transforms.call import Call
from keras_residual.transforms.fuse.affine import affine_of
from keras_residual.transforms.fuse.carrier import dropped_by
from keras_residual.transforms.fuse.carriers import (
    carrier_of,
    carries,
)
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    class_of,
    plain_input,
    same_kind,
    same_mask,
)


def fold(work: Work, call: Call) -> str | None:
    """Takes a batch norm, a layer scale or a constant into the layer that reads it.

    A shift stays where that layer pads: the zeros of the border would not be shifted.

    Raises:
        NotApplicable: The layer after is linear, and yet this would change the
            function.
    """
    draft = work.draft
    affine = affine_of(call)
    if affine is None:
        return None
    value = plain_input(call)
    users = draft.users(call.outputs[0])
    if not any(map(carries, users)):
        return _alone(call, [draft.maker(value), *users])
    after = work.only_user(call.outputs[0])
    what = f"the {class_of(after).__name__} after it"
    work.own(after, what)
    plain_input(after, what)
    same_kind(value, call.outputs[0])
    same_mask(value, call.outputs[0])
    carrier = carrier_of(after)
    after.operation = carrier.first(affine, value.shape)
    draft.replace(call.outputs[0], value)
    draft.remove(call)
    return f"into {class_of(after).__name__}{dropped_by(carrier.config)}"


def _alone(call: Call, around: list[Call | None]) -> None:
    """Says of a batch norm that no linear layer stands beside it.

    Raises:
        NotApplicable: None does.
    """
    if class_of(call) is not BatchNormalization or carries(around[0]):
        return
    words = [class_of(one).__name__ if one else "the input" for one in around]
    after = " and ".join(dict.fromkeys(words[1:])) or "the output"
    raise NotApplicable(
        f"no linear layer is beside it: it stands between {words[0]} and {after}"
    )
