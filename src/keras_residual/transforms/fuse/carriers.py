"""Each kind of linear layer: how its weights take a scale and a shift."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual.transforms.draft import Call, NewLayer
from keras_residual.transforms.fuse.affine import Affine, Array
from keras_residual.transforms.fuse.carrier import Carrier
from keras_residual.transforms.fuse.equation import axes_of
from keras_residual.transforms.fuse.geometry import pads_of, spatial
from keras_residual.transforms.preconditions import NotApplicable, class_of, quantized


class _Windowed(Carrier):
    """What moves a window: it may read zeros beyond the border."""

    def pads(self, shape: tuple[int | None, ...]) -> bool:
        found = pads_of(self.config, spatial(self.config, shape))
        return found is None or any(map(any, found))


class Convolution(_Windowed):
    """Kernel `(*window, inputs / groups, outputs)`."""

    @property
    def channels_in(self) -> int:
        return self.weights["kernel"].shape[-2] * self.config["groups"]

    def after(self, scale: Array, shift: Array) -> NewLayer:
        kernel = self.weights["kernel"] * scale
        return self.planned(kernel=kernel, bias=self.bias * scale + shift)

    def before(self, scale: Array, shift: Array) -> NewLayer:
        kernel, groups = self.weights["kernel"], self.config["groups"]
        width, out = kernel.shape[-2:]
        group = np.arange(out) // (out // groups)
        read = np.arange(width)[:, None] + width * group  # what meets kernel[..., i, o]
        window = kernel.reshape(-1, width, out)
        added = (window * shift[read]).sum((0, 1))
        return self.planned(kernel=kernel * scale[read], bias=self.bias + added)


class Dense(Carrier):
    """Kernel `(inputs, outputs)`."""

    def after(self, scale: Array, shift: Array) -> NewLayer:
        kernel = self.weights["kernel"] * scale
        return self.planned(kernel=kernel, bias=self.bias * scale + shift)

    def before(self, scale: Array, shift: Array) -> NewLayer:
        kernel = self.weights["kernel"]
        added = shift @ kernel
        return self.planned(kernel=kernel * scale[:, None], bias=self.bias + added)

    @property
    def axis_out(self) -> int:
        return self.rank - 1


class Depthwise(_Windowed):
    """Kernel `(*window, inputs, multiplier)`."""

    @property
    def channels_out(self) -> int:
        return int(np.prod(self.weights["kernel"].shape[-2:]))

    def after(self, scale: Array, shift: Array) -> NewLayer:
        kernel = self.weights["kernel"]
        kernel = kernel * scale.reshape(kernel.shape[-2:])
        return self.planned(kernel=kernel, bias=self.bias * scale + shift)

    def before(self, scale: Array, shift: Array) -> NewLayer:
        kernel = self.weights["kernel"]
        window = kernel.reshape(-1, *kernel.shape[-2:])
        added = (window * shift[:, None]).sum(0).ravel()
        return self.planned(kernel=kernel * scale[:, None], bias=self.bias + added)


class Separable(_Windowed):
    """A depthwise kernel, then a pointwise one."""

    names = ("depthwise_kernel", "pointwise_kernel", "bias")

    @property
    def channels_in(self) -> int:
        return self.weights["depthwise_kernel"].shape[-2]

    @property
    def channels_out(self) -> int:
        return self.weights["pointwise_kernel"].shape[-1]

    def after(self, scale: Array, shift: Array) -> NewLayer:
        kernel = self.weights["pointwise_kernel"] * scale
        return self.planned(pointwise_kernel=kernel, bias=self.bias * scale + shift)

    def before(self, scale: Array, shift: Array) -> NewLayer:
        depthwise = self.weights["depthwise_kernel"]
        pointwise = self.weights["pointwise_kernel"].reshape(-1, self.channels_out)
        window = depthwise.reshape(-1, *depthwise.shape[-2:])
        added = (window * shift[:, None]).sum(0).ravel() @ pointwise
        depthwise = depthwise * scale[:, None]
        return self.planned(depthwise_kernel=depthwise, bias=self.bias + added)


class Transposed(Carrier):
    """Kernel `(*window, outputs, inputs)`; at the border fewer windows overlap."""

    @property
    def channels_in(self) -> int:
        return self.weights["kernel"].shape[-1]

    @property
    def channels_out(self) -> int:
        return self.weights["kernel"].shape[-2]

    def pads(self, shape: tuple[int | None, ...]) -> bool:
        return True

    def after(self, scale: Array, shift: Array) -> NewLayer:
        kernel = self.weights["kernel"] * scale[:, None]
        return self.planned(kernel=kernel, bias=self.bias * scale + shift)

    def before(self, scale: Array, shift: Array) -> NewLayer:
        return self.planned(kernel=self.weights["kernel"] * scale)


class BatchNorm(Carrier):
    """A batch norm takes what follows into gamma and beta."""

    names = ("gamma", "beta", "moving_mean", "moving_variance")

    @property
    def axis_out(self) -> int:
        return self.config["axis"] % self.rank

    @property
    def channels_out(self) -> int:
        return len(self.weights["moving_mean"])

    @property
    def channels_in(self) -> int:
        return self.channels_out

    def after(self, scale: Array, shift: Array) -> NewLayer:
        gamma = self.weights.get("gamma", np.ones(self.channels_out))
        beta = self.weights.get("beta", np.zeros(self.channels_out))
        return self.planned(gamma=gamma * scale, beta=beta * scale + shift)

    def before(self, scale: Array, shift: Array) -> NewLayer:
        gamma = self.weights.get("gamma", np.ones(self.channels_out))
        beta = self.weights.get("beta", np.zeros(self.channels_out))
        mean, variance = self.weights["moving_mean"], self.weights["moving_variance"]
        slope = gamma / np.sqrt(variance + self.config["epsilon"])
        beta = beta + slope * (shift + mean * (scale - 1))
        return self.planned(gamma=gamma * scale, beta=beta)

    def _settings(self, use_bias: bool) -> dict[str, Any]:
        settings = super()._settings(use_bias)
        del settings["use_bias"]
        return {**settings, "scale": True, "center": True}


class Einsum(Carrier):
    """`EinsumDense`, whose kernel has those axes of the output that it names."""

    def then(self, affine: Affine) -> NewLayer:
        _, kernel, made = axes_of(self._call)
        axis = self._axis(affine, kernel, made)
        place, behind = kernel.index(made[axis]), len(made) - 1 - axis
        weight = self.weights["kernel"]
        scale, shift = affine.on(axis, weight.shape[place])
        weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1 - place))
        scale, shift = (each.reshape(-1, *[1] * behind) for each in (scale, shift))
        bias = self.weights.get("bias", np.zeros(1)) * scale + shift
        planned = self.planned(kernel=weight, bias=bias)
        if "bias" in planned.weights:
            letters = {made[axis], *(self.config["bias_axes"] or "")}
            planned.config["bias_axes"] = "".join(sorted(letters))
        return planned

    def _axis(self, affine: Affine, kernel: str, made: str) -> int:
        """Returns the axis of the output along which the kernel is scaled."""
        able = [axis for axis, letter in enumerate(made) if letter in kernel]
        wanted = able[-1:] if affine.axis is None else [affine.axis]
        if not wanted or wanted[0] not in able:
            equation = self.config["equation"]
            raise NotApplicable(
                f"the kernel before it has no axis that it scales: {equation}"
            )
        return wanted[0]

    def _settings(self, use_bias: bool) -> dict[str, Any]:
        settings = super()._settings(use_bias)
        del settings["use_bias"]
        return settings


_L = keras.layers
_KINDS: dict[type, type[Carrier]] = {
    **dict.fromkeys((_L.Conv1D, _L.Conv2D, _L.Conv3D), Convolution),
    **dict.fromkeys((_L.DepthwiseConv1D, _L.DepthwiseConv2D), Depthwise),
    **dict.fromkeys((_L.SeparableConv1D, _L.SeparableConv2D), Separable),
    **dict.fromkeys(
        (_L.Conv1DTranspose, _L.Conv2DTranspose, _L.Conv3DTranspose), Transposed
    ),
    _L.Dense: Dense,
    _L.EinsumDense: Einsum,
    _L.BatchNormalization: BatchNorm,
}


def carries(call: Call | None) -> bool:
    """Says whether a call is of a kind that can take a scale and a shift."""
    return call is not None and class_of(call) in _KINDS


def carries_what_it_reads(call: Call) -> bool:
    """Says whether a call can take a scale and a shift of its input."""
    return carries(call) and _KINDS[class_of(call)] is not Einsum


def carrier_of(call: Call) -> Carrier:
    """Returns the linear layer that a call is of.

    Raises:
        NotApplicable: Its weights are not what it multiplies with.
    """
    if quantized(call):
        raise NotApplicable(
            f"the weights of the {class_of(call).__name__} are quantised or adapted"
        )
    return _KINDS[class_of(call)](call)
