"""Two linear layers in a row become one, where that multiplies less."""

from __future__ import annotations

from math import prod

import numpy as np

from keras_residual.transforms.call import Call, NewLayer
from keras_residual.transforms.fuse.carrier import Array, Carrier
from keras_residual.transforms.fuse.carriers import (
    Convolution,
    Dense,
    carrier_of,
    carries,
)
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    plain_input,
    same_kind,
    same_mask,
)


def fold(work: Work, call: Call) -> str | None:
    """Takes the dense layer or convolution before into this one.

    One of two convolutions has a window of one element.

    Raises:
        NotApplicable: It would multiply less, but not be the same function.
    """
    draft = work.draft
    before = draft.maker(call.reads[0]) if call.reads else None
    if before is None or not (carries(call) and carries(before)):
        return None
    first, second = carrier_of(before), carrier_of(call)
    if not (_alike(first, second) and first.linear and _saves(first, second)):
        return None
    between = plain_input(call)
    what = f"the {first.kind.__name__} before it"
    work.only_user(between, what)
    work.own(before, what)
    work.own(call)
    value = plain_input(before, what)
    same_kind(between, call.outputs[0])
    same_mask(value, between)
    call.operation = _joined(first, second, between.shape)
    draft.rewire(call, (value,))
    draft.remove(before)
    return f"takes the {first.kind.__name__} before it"


def _alike(first: Carrier, second: Carrier) -> bool:
    if isinstance(first, Dense) and isinstance(second, Dense):
        return True
    return (
        isinstance(first, Convolution)
        and first.kind is second.kind
        and first.config["groups"] == second.config["groups"] == 1
        and first.config["data_format"] == second.config["data_format"]
        and (_pointwise(second) or _pointwise(first))
    )


def _pointwise(carrier: Carrier) -> bool:
    """Says whether each element of the output comes from the same one of the input."""
    config = carrier.config
    return prod(config["kernel_size"]) == prod(config["strides"]) == 1


def _saves(first: Carrier, second: Carrier) -> bool:
    """Says whether one layer multiplies less than two, for each element returned."""
    before, after = (carrier.weights["kernel"].shape for carrier in (first, second))
    windows = prod(before[:-2]), prod(after[:-2])
    width, (middle, out) = before[-2], after[-2:]
    step = prod(second.config.get("strides", (1,)))
    two = windows[0] * width * middle * step + windows[1] * middle * out
    return windows[0] * windows[1] * width * out < two


def _joined(first: Carrier, second: Carrier, between: tuple) -> NewLayer:
    carried = first.bias @ _summed(second)
    if first.bias.any() and second.pads(between):
        raise NotApplicable("it pads with zeros, which the layer before does not shift")
    kernel = _product(first.weights["kernel"], second.weights["kernel"])
    outer = first if isinstance(second, Convolution) and _pointwise(second) else second
    joined = second.planned(kernel=kernel, bias=second.bias + carried)
    window = ("kernel_size", "strides", "padding", "dilation_rate")
    moved = {key: outer.config[key] for key in window if key in outer.config}
    return NewLayer(joined.kind, {**joined.config, **moved}, joined.weights)


def _summed(carrier: Carrier) -> Array:
    """Returns what a constant input is multiplied with, channel by channel."""
    kernel = carrier.weights["kernel"]
    return kernel.reshape(-1, *kernel.shape[-2:]).sum(0)


def _product(first: Array, second: Array) -> Array:
    """Composes two kernels, of which one has a window of one element."""
    if prod(second.shape[:-2]) == 1:
        return first @ second.reshape(second.shape[-2:])
    return np.einsum("im,...mo->...io", first.reshape(first.shape[-2:]), second)
