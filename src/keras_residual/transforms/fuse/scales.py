"""A scale or shift goes into what is beside it: a linear layer, or another constant."""

from __future__ import annotations

import keras
from keras.layers import BatchNormalization

from keras_residual.transforms.call import Call, NewLayer
from keras_residual.transforms.fuse.affine import affine_of
from keras_residual.transforms.fuse.carrier import dropped_by
from keras_residual.transforms.fuse.carriers import carrier_of, carries
from keras_residual.transforms.fuse.outputs import must_pass_its_name
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    class_of,
    plain_input,
    same_kind,
    same_mask,
)


def into_before(work: Work, call: Call) -> str | None:
    """Takes a batch norm, a layer scale or a constant into the layer that it reads.

    Raises:
        NotApplicable: The layer before is linear, and yet this would change the
            function.
    """
    draft = work.draft
    affine = affine_of(call)
    if affine is None:
        return None
    value = plain_input(call)
    before = draft.maker(value)
    if before is None or not carries(before):
        return None
    what = f"the {class_of(before).__name__} before it"
    work.only_user(value, what)
    work.own(before, what)
    carrier = carrier_of(before)
    if not carrier.linear:
        raise NotApplicable(f"{what} ends in {carrier.config['activation']}")
    plain_input(before, what)
    same_kind(value, call.outputs[0])
    same_mask(value, call.outputs[0])
    must_pass_its_name(work, call, before)
    planned = carrier.then(affine)
    before.operation = planned
    draft.replace(call.outputs[0], value)
    draft.remove(call)
    return f"into {planned.kind.__name__}{dropped_by(carrier.config)}"


def into_after(work: Work, call: Call) -> str | None:
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


def into_constant(work: Work, call: Call) -> str | None:
    """Takes the constant before into this one, as in `(x * 2 + 1) / 3`.

    Raises:
        NotApplicable: The value between is read by others too.
    """
    draft = work.draft
    second = affine_of(call)
    if second is None or second.axis is not None:
        return None
    before = draft.maker(plain_input(call))
    first = None if before is None else affine_of(before)
    if before is None or first is None or first.axis is not None:
        return None
    work.only_user(before.outputs[0], "the constant before it")
    value = plain_input(before)
    same_kind(value, before.outputs[0], call.outputs[0])
    same_mask(value, call.outputs[0])
    scale = float(first.scale * second.scale)
    shift = float(first.shift * second.scale + second.shift)
    if not (abs(scale) < float("inf") and abs(shift) < float("inf")):
        raise NotApplicable("its numbers are not finite")
    config = {"name": call.name, "scale": scale, "offset": shift, "dtype": value.dtype}
    call.operation = NewLayer(keras.layers.Rescaling, config)
    draft.rewire(call, (value,))
    draft.remove(before)
    return "with the constant before it into one Rescaling"
