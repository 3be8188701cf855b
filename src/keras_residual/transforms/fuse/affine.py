"""Calls that scale and shift: `y = scale * x + shift`, one number a channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from keras_residual.compose.layers import DropPath, Scale
from keras_residual.graph.numbers import numbers
from keras_residual.transforms.call import Call, NewLayer
from keras_residual.transforms.preconditions import (
    NotApplicable,
    class_of,
    config_of,
    full_name,
    held,
    plain_input,
    quantized,
    weight_of,
)

Array = np.ndarray
_ONE, _ZERO = np.ones(()), np.zeros(())


@dataclass(frozen=True, eq=False, slots=True)
class Affine:
    """What a call does to its input, in double precision.

    Args:
        scale: What it multiplies with: one number, or one a channel.
        shift: What it adds then.
        axis: The axis of the channels; None where all elements are treated alike.
    """

    scale: Array
    shift: Array
    axis: int | None

    def on(self, axis: int, channels: int) -> tuple[Array, Array]:
        """Returns scale and shift of each channel of this axis.

        Raises:
            NotApplicable: It is another axis that is scaled, or the numbers are not
                finite.
        """
        if self.axis not in (None, axis):
            raise NotApplicable(
                f"it scales along axis {self.axis}; the channels are {axis}"
            )
        if not (np.isfinite(self.scale).all() and np.isfinite(self.shift).all()):
            raise NotApplicable("its numbers are not finite")
        shape = (channels,)
        return np.broadcast_to(self.scale, shape), np.broadcast_to(self.shift, shape)


def affine_of(call: Call) -> Affine | None:
    """Returns what a call scales and shifts by; None for any other kind of call.

    Raises:
        NotApplicable: It would, but for the way in which it is called.
    """
    read = _READERS.get(class_of(call)) or _UNLISTED.get(full_name(call))
    if read is None:
        return None
    affine = read(call)
    if affine is not None and call.outputs[0].shape != call.reads[0].shape:
        return None  # it broadcasts
    return affine


def _of_one_axis(call: Call, scale: Array, shift: Array, axis: int) -> Affine:
    rank = len(plain_input(call).shape)
    return Affine(scale, shift, axis % rank)


def _batch_norm(call: Call) -> Affine:
    config = config_of(call)
    mean, variance = held(call, "moving_mean"), held(call, "moving_variance")
    gamma, beta = weight_of(call, "gamma"), weight_of(call, "beta")
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = (1 if gamma is None else gamma) / np.sqrt(variance + config["epsilon"])
    shift = (0 if beta is None else beta) - mean * scale
    return _of_one_axis(call, scale, shift, config["axis"])


def _rescaling(call: Call) -> Affine | None:
    operation = call.operation
    if isinstance(operation, NewLayer):
        given = operation.config["scale"], operation.config["offset"]
    else:
        given = operation.scale, operation.offset
    scale, shift = np.broadcast_arrays(*map(numbers, given))
    if scale.ndim == 0:
        return Affine(scale, shift, None)
    rank = len(plain_input(call).shape)
    first = keras.config.image_data_format() == "channels_first"
    if scale.ndim > 1 or (first and rank != 4):
        return None
    return Affine(scale, shift, 1 if first else rank - 1)


def _normalization(call: Call) -> Affine | None:
    layer = call.operation
    if layer.invert or layer.mean is None:
        return None
    mean, variance = numbers(layer.mean), numbers(layer.variance)
    scale = 1 / np.maximum(np.sqrt(variance), keras.config.epsilon())
    return _broadcast(call, scale, -mean * scale)


def _broadcast(call: Call, scale: Array, shift: Array) -> Affine | None:
    """Returns the affine of arrays that vary along one axis at most."""
    rank = len(plain_input(call).shape)
    scale, shift = np.broadcast_arrays(scale, shift)
    if scale.ndim > rank:
        return None
    shape = (1,) * (rank - scale.ndim) + scale.shape
    wide = [axis for axis, size in enumerate(shape) if size > 1]
    if len(wide) > 1 or wide == [0]:
        return None
    if not wide:
        return Affine(scale.reshape(()), shift.reshape(()), None)
    return Affine(scale.ravel(), shift.ravel(), wide[0])


def _layer_scale(call: Call) -> Affine | None:
    """`EinsumDense("abc,c->abc")`: the kernel is one number a channel."""
    config = config_of(call)
    entry, kernel, made = axes_of(call)
    bias, axes = weight_of(call, "bias"), config["bias_axes"]
    if len(kernel) != 1 or entry != made or (bias is not None and axes != kernel):
        return None
    if config["activation"] not in (None, "linear") or quantized(call):
        return None
    scale = held(call, "kernel")
    shift = np.zeros_like(scale) if bias is None else bias.ravel()
    return Affine(scale, shift, made.index(kernel))


def _scale_layer(call: Call) -> Affine:
    return Affine(held(call, "scale"), _ZERO, None)


def _drop_path(call: Call) -> Affine:
    layer = call.operation
    kept = 1 - layer.rate if layer.rescale == "paper" else 1.0
    return Affine(np.asarray(kept), _ZERO, None)


def _gamma(call: Call) -> Affine:
    gamma = held(call, "gamma")
    return _of_one_axis(call, gamma, np.zeros_like(gamma), -1)


def _constants(call: Call) -> Affine | None:
    """`x * 2`, `2 * x`, `x + 1`, `1 - x`, `x / 2`, `-x` with numbers or arrays."""
    word = class_of(call).__name__
    if call.kwargs or len(call.reads) != 1:
        return None
    if word == "Negative":
        return Affine(-_ONE, _ZERO, None)
    left, right = call.args
    first = left is call.reads[0]
    try:
        constant = numbers(right if first else left)
    except (TypeError, ValueError):
        return None
    one, zero = np.ones_like(constant), np.zeros_like(constant)
    forms: dict[str, Callable[[], tuple[Array, Array]]] = {
        "Multiply": lambda: (constant, zero),
        "Add": lambda: (one, constant),
        "Subtract": lambda: (one, -constant) if first else (-one, constant),
        "Divide": lambda: (one / constant, zero),
        "TrueDivide": lambda: (one / constant, zero),
    }
    if "Divide" in word and (not first or not constant.all()):
        return None
    return _broadcast(call, *forms[word]())


_READERS: dict[type, Callable[[Call], Affine | None]] = {
    keras.layers.BatchNormalization: _batch_norm,
    keras.layers.Rescaling: _rescaling,
    keras.layers.Normalization: _normalization,
    keras.layers.EinsumDense: _layer_scale,
    Scale: _scale_layer,
    DropPath: _drop_path,
}
# Operations and layers of Keras that have no public class.
_UNLISTED: dict[str, Callable[[Call], Affine | None]] = {
    "applications.convnext.LayerScale": _gamma,
    **{
        f"ops.numpy.{word}": _constants
        for word in ("Multiply", "Add", "Subtract", "Divide", "TrueDivide", "Negative")
    },
}


def axes_of(call: Call) -> tuple[str, str, str]:
    """Returns the letters of the input, the kernel and the output.

    Args:
        call: A call of an `EinsumDense`; an axis that it leaves open is a dot here.
    """
    equation = config_of(call)["equation"].replace(" ", "")
    given, made = equation.split("->")
    entry, kernel = given.split(",")
    letters = len(entry.replace(".", ""))
    dots = "." * (len(call.reads[0].shape) - letters)
    return entry.replace("...", dots), kernel, made.replace("...", dots)
