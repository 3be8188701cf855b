"""Zeros that a padding layer puts around go into the convolution after it."""

from __future__ import annotations

import keras

from keras_residual.transforms.call import Call, NewLayer
from keras_residual.transforms.fuse.carrier import Carrier
from keras_residual.transforms.fuse.carriers import (
    Convolution,
    Depthwise,
    Separable,
    carrier_of,
    carries,
)
from keras_residual.transforms.fuse.geometry import Pads, pads_of, spatial
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    class_of,
    config_of,
    plain_input,
)

_L = keras.layers
_PADDINGS = (_L.ZeroPadding1D, _L.ZeroPadding2D, _L.ZeroPadding3D)


def padded_by(call: Call | None) -> Pads | None:
    """Returns how many zeros a padding layer adds; None for any other layer."""
    if call is None or class_of(call) not in _PADDINGS:
        return None
    padding = config_of(call)["padding"]
    pairs = [padding] if class_of(call) is _L.ZeroPadding1D else padding
    return tuple((int(before), int(after)) for before, after in pairs)


def fold(work: Work, call: Call) -> str | None:
    """Takes a `ZeroPadding` layer into the convolution that reads it.

    Raises:
        NotApplicable: The convolution pads otherwise, or others read the padded tensor
            too.
    """
    draft = work.draft
    pads = padded_by(call)
    users = draft.users(call.outputs[0])
    if pads is None or not users or not carries(users[0]):
        return None
    value = plain_input(call)
    user = work.only_user(call.outputs[0])
    carrier = carrier_of(user)
    if not isinstance(carrier, (Convolution, Depthwise, Separable)):
        return None
    what = f"the {class_of(user).__name__} after it"
    work.own(user, what)
    plain_input(user, what)
    config = {**carrier.config, "padding": _word(carrier, pads, value.shape, call)}
    user.operation = NewLayer(carrier.kind, config, carrier.weights)
    draft.replace(call.outputs[0], value)
    draft.remove(call)
    return f"into {carrier.kind.__name__}"


def _word(carrier: Carrier, pads: Pads, shape: tuple, call: Call) -> str:
    """Returns Keras's word for these zeros before a convolution without padding."""
    config = carrier.config
    if config["padding"] != "valid":
        raise NotApplicable(f"the convolution after it pads too: {config['padding']}")
    here = config_of(call).get("data_format", "channels_last")
    if here != config["data_format"]:
        raise NotApplicable(
            f"it pads {here}, the convolution is {config['data_format']}"
        )
    sizes = spatial(config, shape)
    words = ("same", "causal") if carrier.kind is _L.Conv1D else ("same",)
    for word in words:
        if pads_of({**config, "padding": word}, sizes) == pads:
            return word
    raise NotApplicable(f"no word of Keras's pads its {pads} here")
