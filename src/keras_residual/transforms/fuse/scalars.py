"""Constants that follow each other become one `Rescaling`."""

from __future__ import annotations

import keras

from keras_residual.transforms.call import Call, NewLayer
from keras_residual.transforms.fuse.affine import affine_of
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    plain_input,
    same_kind,
    same_mask,
)


def fold(work: Work, call: Call) -> str | None:
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
