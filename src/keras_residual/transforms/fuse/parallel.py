"""Parallel branches that are added up become one, as in RepVGG and MobileOne."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.fuse.affine import affine_of
from keras_residual.transforms.fuse.branches import Branch, kernel_in, linear_branch
from keras_residual.transforms.fuse.carrier import Array, Carrier
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    class_of,
    full_name,
    same_kind,
    same_mask,
)

_SUMS = {
    keras.layers.Add: 1,
    keras.layers.Subtract: -1,
    "ops.numpy.Add": 1,
    "ops.numpy.Subtract": -1,
}


def fold(work: Work, call: Call) -> str | None:
    """Adds the kernels of branches that are added, and of a shortcut around them.

    The largest window takes the others, which must lie in it element by element; the
    input itself is a window of one element, and a batch norm on it, too.

    Reference:
        Ding et al., RepVGG: Making VGG-style ConvNets Great Again, 2021, section 3.3,
        https://arxiv.org/abs/2101.03697; Vasu et al., MobileOne: An Improved One
        Millisecond Mobile Backbone, 2022, section 3.2,
        https://arxiv.org/abs/2206.04040.

    Raises:
        NotApplicable: They are linear, and yet one kernel would not be the same.
    """
    sign = _SUMS.get(class_of(call)) or _SUMS.get(full_name(call))
    values = call.reads
    if sign is None or len(values) < 2 or call.named_reads:
        return None
    if len(set(values)) < len(values) or affine_of(call) is not None:
        return None
    why: NotApplicable | None = None
    for main, other in _pairs(work, values):
        signs = [sign if b.output is values[-1] else 1 for b in (main, other)]
        try:
            _merge(work, call, main, other, signs)
        except NotApplicable as reason:
            why = why or reason
            continue
        return f"{_word(other)} into {class_of(main.calls[-1]).__name__}"
    if why is not None:
        raise why
    return None


def _word(branch: Branch) -> str:
    return class_of(branch.calls[-1]).__name__ if branch.calls else "the input"


def _pairs(work: Work, values: list[Value]) -> Iterator[tuple[Branch, Branch]]:
    """Yields branches that are computed from one value, two by two, largest first."""
    found = [linear_branch(work.draft, value) for value in values]
    linear = [branch for branch in found if branch is not None]
    mains = [branch for branch in linear if branch.carrier is not None]
    for main in sorted(mains, key=lambda branch: -branch.size):
        around = [Branch(value, value) for value in values if value is main.source]
        for other in (*around, *linear):
            if other is not main and _comparable(main, other):
                yield main, other


def _comparable(main: Branch, other: Branch) -> bool:
    if other.source is not main.source or other.size > main.size:
        return False
    if main.carrier is None or other.carrier is None:
        return True
    ours, theirs = main.carrier, other.carrier
    formats = [c.config.get("data_format") for c in (ours, theirs)]
    return ours.kind is theirs.kind and formats[0] == formats[1]


def _merge(
    work: Work, call: Call, main: Branch, other: Branch, signs: list[int]
) -> None:
    """Puts the other branch into the main one, and takes it out of the sum.

    Raises:
        NotApplicable: The sum of both is no layer of the main branch's form.
    """
    carrier = main.layer
    for branch in (main, other):
        if branch.calls:
            work.only_user(branch.output, "one of its branches")
        if branch.carrier is not None:
            work.own(branch.calls[-1], "one of its branches")
    work.own(call)
    same_kind(main.output, other.output, call.outputs[0])
    same_mask(main.output, call.outputs[0])
    if not main.output.shape == other.output.shape == call.outputs[0].shape:
        raise NotApplicable("its branches return different shapes")
    kernel = signs[0] * carrier.weights["kernel"] + signs[1] * kernel_in(main, other)
    bias = signs[0] * carrier.bias + signs[1] * _bias(carrier, other)
    main.calls[-1].operation = carrier.planned(kernel=kernel, bias=bias)
    _take_out(work.draft, call, main, other)


def _bias(carrier: Carrier, other: Branch) -> Array:
    if other.carrier is not None:
        return other.carrier.bias
    return other.affine.on(carrier.axis_out, carrier.channels_out)[1]


def _take_out(draft: Draft, call: Call, main: Branch, other: Branch) -> None:
    left = [value for value in call.reads if value is not other.output]
    if len(left) > 1:
        draft.rewire(call, (left,))
    else:
        draft.replace(call.outputs[0], main.output)
        draft.remove(call)
    for one in reversed(other.calls):
        if not draft.users(one.outputs[0]):
            draft.remove(one)
