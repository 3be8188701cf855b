"""Linear layers that can carry a scale and a shift in their own weights."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import keras
import numpy as np

from keras_residual.transforms.call import Call, NewLayer
from keras_residual.transforms.fuse.affine import Affine, Array
from keras_residual.transforms.preconditions import (
    NotApplicable,
    class_of,
    config_of,
    weight_of,
)

_DROPPED = ("_regularizer", "_constraint")


class Carrier:
    """A linear layer, perhaps with an activation after it, that weights can go into.

    Args:
        call: A call of it.
    """

    names: tuple[str, ...] = ("kernel", "bias")

    def __init__(self, call: Call) -> None:
        self._call = call
        self.kind, self.config = class_of(call), config_of(call)
        self.rank = len(call.reads[0].shape)

    @cached_property
    def weights(self) -> dict[str, Array]:
        """Its variables, by name."""
        read = {name: weight_of(self._call, name) for name in self.names}
        return {name: value for name, value in read.items() if value is not None}

    @property
    def axis_in(self) -> int:
        """The axis of the channels that it reads."""
        return self.axis_out

    @property
    def axis_out(self) -> int:
        """The axis of the channels that it returns."""
        first = self.config.get("data_format") == "channels_first"
        return 1 if first else self.rank - 1

    @property
    def channels_in(self) -> int:
        """How many channels it reads."""
        return self.weights["kernel"].shape[-2]

    @property
    def channels_out(self) -> int:
        """How many channels it returns."""
        return self.weights["kernel"].shape[-1]

    @property
    def bias(self) -> Array:
        """Its bias, or zeros."""
        return self.weights.get("bias", np.zeros(self.channels_out))

    @property
    def linear(self) -> bool:
        """Whether no activation follows."""
        return self.config.get("activation") in (None, "linear")

    def pads(self, shape: tuple[int | None, ...]) -> bool:
        """Says whether it reads zeros that its input does not hold.

        Args:
            shape: The shape of its input.
        """
        return False

    def then(self, affine: Affine) -> NewLayer:
        """Returns the layer that also does what comes after it.

        Raises:
            NotApplicable: Its weights cannot.
        """
        return self.after(*affine.on(self.axis_out, self.channels_out))

    def first(self, affine: Affine, shape: tuple[int | None, ...]) -> NewLayer:
        """Returns the layer that also does what comes before it.

        Args:
            affine: What comes before.
            shape: The shape of its input.

        Raises:
            NotApplicable: Its weights cannot.
        """
        scale, shift = affine.on(self.axis_in, self.channels_in)
        if shift.any() and self.pads(shape):
            raise NotApplicable(
                f"the {self.kind.__name__} after it pads with zeros, which are not "
                "shifted"
            )
        return self.before(scale, shift)

    def after(self, scale: Array, shift: Array) -> NewLayer:
        """Returns the layer that also scales and shifts what it returns."""
        raise NotImplementedError

    def before(self, scale: Array, shift: Array) -> NewLayer:
        """Returns the layer that also scales and shifts what it reads.

        A shift is exact only where nothing is padded.
        """
        raise NotImplementedError

    def planned(self, **weights: Array) -> NewLayer:
        """Returns the layer with other weights; a bias of zeros is not made.

        Raises:
            NotApplicable: They are too large for the dtype that the layer computes in.
        """
        merged = {**self.weights, **weights}
        if "bias" not in self.weights and not merged.get("bias", np.zeros(1)).any():
            merged.pop("bias", None)
        policy = keras.dtype_policies.get(self.config["dtype"])
        narrow = "float16" if policy.compute_dtype == "float16" else "float32"
        with np.errstate(over="ignore"):
            if not all(np.isfinite(w.astype(narrow)).all() for w in merged.values()):
                raise NotApplicable("its weights would not be finite numbers")
        return NewLayer(self.kind, self._settings("bias" in merged), merged)

    def _settings(self, use_bias: bool) -> dict[str, Any]:
        dropped = {key: None for key in self.config if key.endswith(_DROPPED)}
        return {**self.config, **dropped, "use_bias": use_bias}


def dropped_by(config: dict[str, Any]) -> str:
    """Says which settings that matter in training only a fused layer does not keep.

    Args:
        config: The settings of the layer before.
    """
    lost = [k for k, v in config.items() if k.endswith(_DROPPED) and v is not None]
    return f", without its {' and '.join(lost)}" if lost else ""
