"""A scale or shift goes into the linear layer before it."""

from __future__ import annotations

from keras_residual.transforms.call import Call
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


def fold(work: Work, call: Call) -> str | None:
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
