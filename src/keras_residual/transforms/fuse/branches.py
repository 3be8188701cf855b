"""What is added up: convolutions, scales and the input itself, read from one value."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.fuse.affine import Affine, affine_of
from keras_residual.transforms.fuse.carrier import Array, Carrier
from keras_residual.transforms.fuse.carriers import (
    Convolution,
    Dense,
    Depthwise,
    carrier_of,
    carries,
)
from keras_residual.transforms.fuse.geometry import Pads, pads_of, reach, spatial
from keras_residual.transforms.fuse.padding import padded_by
from keras_residual.transforms.preconditions import NotApplicable, plain_input

_SAME = Affine(np.ones(()), np.zeros(()), None)


@dataclass(frozen=True, eq=False)
class Branch:
    """One operand of a sum, as a linear function of `source`.

    Args:
        source: The value that it is computed from.
        output: The operand.
        calls: What computes it: padding and convolution, or a scale; none where the
            operand is the source itself.
        carrier: Its linear layer; None for a scale or the source itself.
        affine: Its scale and shift, where it has no linear layer.
    """

    source: Value
    output: Value
    calls: tuple[Call, ...] = ()
    carrier: Carrier | None = None
    affine: Affine = _SAME

    @property
    def layer(self) -> Carrier:
        """Its linear layer.

        Raises:
            NotApplicable: It has none.
        """
        if self.carrier is None:
            raise NotApplicable("one of its branches has no linear layer")
        return self.carrier

    @property
    def size(self) -> int:
        """How many elements its window has."""
        return prod(self.carrier.config.get("kernel_size", (1,))) if self.carrier else 0


def linear_branch(draft: Draft, value: Value) -> Branch | None:
    """Returns a linear branch that ends in a value; None if it is no such thing."""
    call = draft.maker(value)
    try:
        if call is None:
            return None
        source = plain_input(call)
        if carries(call):
            carrier = carrier_of(call)
            if isinstance(carrier, (Convolution, Dense, Depthwise)):
                return _convolved(draft, call, carrier) if carrier.linear else None
        affine = affine_of(call)
    except NotApplicable:
        return None
    return None if affine is None else Branch(source, value, (call,), None, affine)


def _convolved(draft: Draft, call: Call, carrier: Carrier) -> Branch:
    source, before = call.reads[0], draft.maker(call.reads[0])
    if before is not None and padded_by(before) and carrier.config.get("padding"):
        here = carrier.config["data_format"] == "channels_first"
        there = getattr(before.operation, "data_format", None) == "channels_first"
        if carrier.config["padding"] == "valid" and here == there:
            source = plain_input(before)
            return Branch(source, call.outputs[0], (before, call), carrier)
    return Branch(source, call.outputs[0], (call,), carrier)


def pads(branch: Branch) -> Pads:
    """Returns the zeros that a branch puts around its source.

    Raises:
        NotApplicable: They depend on an unknown size.
    """
    config, shape = branch.layer.config, branch.source.shape
    found = padded_by(branch.calls[0]) or pads_of(config, spatial(config, shape))
    if found is None:
        raise NotApplicable("where its window lies depends on an unknown size")
    return found


def kernel_in(main: Branch, other: Branch) -> Array:
    """Returns the kernel of a branch as one of the shape of the main branch's.

    Raises:
        NotApplicable: Its window does not lie in the main one's, element by element.
    """
    shape = main.layer.weights["kernel"].shape
    if other.carrier is None:
        return _diagonal(main, other, shape)
    kernel = _ungrouped(main.layer, other.layer)
    if isinstance(main.layer, Dense):
        return kernel
    places = np.zeros(shape)
    where = _places(main, other)
    places[np.ix_(*where)] = kernel
    return places


def _ungrouped(main: Carrier, other: Carrier) -> Array:
    """Returns the kernel of a grouped convolution for one of fewer groups."""
    kernel = other.weights["kernel"]
    if not isinstance(main, Convolution):
        return kernel
    groups, wanted = other.config["groups"], main.config["groups"]
    if groups == wanted:
        return kernel
    if wanted != 1:
        raise NotApplicable(f"its branches have {wanted} and {groups} groups")
    width, out = kernel.shape[-2:]
    full = np.zeros((*kernel.shape[:-2], width * groups, out))
    for group in range(groups):
        read = slice(group * width, (group + 1) * width)
        made = slice(group * out // groups, (group + 1) * out // groups)
        full[..., read, made] = kernel[..., made]
    return full


def _places(main: Branch, other: Branch) -> list[list[int]]:
    """Returns where each element of a window lies in the main one, axis by axis."""
    ours, theirs = main.layer.config, other.layer.config
    if ours["strides"] != theirs["strides"]:
        raise NotApplicable(
            f"its branches stride by {ours['strides']} and {theirs['strides']}"
        )
    places = []
    for axis, ((left, right), (before, after)) in enumerate(
        zip(pads(main), pads(other), strict=True)
    ):
        offsets = [
            tap * theirs["dilation_rate"][axis] - before
            for tap in range(theirs["kernel_size"][axis])
        ]
        places.append(_taps(offsets, left, ours, axis))
        grown = left + right - reach(ours)[axis], before + after - reach(theirs)[axis]
        known = spatial(ours, main.source.shape)[axis] is not None
        if grown[0] != grown[1] and not known:
            raise NotApplicable("its branches may return different sizes")
    return places


def _taps(offsets: list[int], left: int, config: dict, axis: int) -> list[int]:
    """Returns which elements of a window read these places of its input."""
    step, size = config["dilation_rate"][axis], config["kernel_size"][axis]
    taps = [divmod(offset + left, step) for offset in offsets]
    if any(rest or not 0 <= tap < size for tap, rest in taps):
        raise NotApplicable("the windows of its branches do not lie in one another")
    return [tap for tap, _ in taps]


def _diagonal(main: Branch, other: Branch, shape: tuple[int, ...]) -> Array:
    """Returns the kernel that computes a scale, channel by channel."""
    carrier = main.layer
    channels = carrier.channels_out
    if channels != carrier.channels_in or main.output.shape != other.output.shape:
        raise NotApplicable("its branches return different shapes")
    scale, _ = other.affine.on(carrier.axis_out, channels)
    kernel = np.zeros(shape)
    centre: tuple[int, ...] = ()
    if not isinstance(carrier, Dense):
        if set(carrier.config["strides"]) != {1}:
            raise NotApplicable(f"one branch strides by {carrier.config['strides']}")
        around = pads(main)
        if [sum(pair) + 1 for pair in around] != reach(carrier.config):
            raise NotApplicable("the convolution returns another size than it reads")
        centre = tuple(
            _taps([0], left, carrier.config, axis)[0]
            for axis, (left, _) in enumerate(around)
        )
    index = np.arange(channels)
    if isinstance(carrier, Depthwise):
        kernel[(*centre, index, 0)] = scale
    else:
        kernel[(*centre, index % shape[-2], index)] = scale
    return kernel
