"""Each kind of linear layer: how its weights take a scale and a shift."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual.transforms.call import Call, NewLayer
from keras_residual.transforms.fuse.affine import Affine, Array, axes_of
from keras_residual.transforms.fuse.carrier import Carrier
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
        letter = self._letter(affine, kernel, made, "before")
        axis = made.index(letter)
        scale, shift = affine.on(axis, self._size(kernel, letter))
        behind = [1] * (len(made) - 1 - axis)
        bias = self.weights.get("bias", np.zeros(1)) * scale.reshape(-1, *behind)
        return self._with(
            self._scaled(kernel, letter, scale),
            bias + shift.reshape(-1, *behind),
            letter,
        )

    def first(self, affine: Affine, shape: tuple[int | None, ...]) -> NewLayer:
        entry, kernel, made = axes_of(self._call)
        letter = self._letter(affine, kernel, entry, "after")
        axis = entry.index(letter)
        scale, shift = affine.on(axis, self._size(kernel, letter))
        if shift.any() and set(entry) - set(kernel) - set(made):
            raise NotApplicable(
                "the EinsumDense after it adds up an axis of any size: "
                f"{self.config['equation']}"
            )
        kept = "".join(each for each in made if each in kernel)
        added = np.einsum(f"{kernel},{letter}->{kept}", self.weights["kernel"], shift)
        at = made.index(kept[0]) if kept else len(made)
        sizes = [self._size(kernel, each) if each in kept else 1 for each in made[at:]]
        bias = self.weights.get("bias", np.zeros(1)) + added.reshape(sizes)
        return self._with(self._scaled(kernel, letter, scale), bias, kept)

    def _letter(self, affine: Affine, kernel: str, axes: str, where: str) -> str:
        """Returns the axis along which the kernel is scaled."""
        able = [letter for letter in axes if letter in kernel]
        wanted = able[-1:] if affine.axis is None else [axes[affine.axis]]
        if not wanted or wanted[0] not in able:
            equation = self.config["equation"]
            raise NotApplicable(
                f"the kernel {where} it has no axis that it scales: {equation}"
            )
        return wanted[0]

    def _size(self, kernel: str, letter: str) -> int:
        return self.weights["kernel"].shape[kernel.index(letter)]

    def _scaled(self, kernel: str, letter: str, scale: Array) -> Array:
        behind = len(kernel) - 1 - kernel.index(letter)
        return self.weights["kernel"] * scale.reshape(-1, *[1] * behind)

    def _with(self, kernel: Array, bias: Array, letters: str) -> NewLayer:
        """Returns the layer of other weights, with a bias along some axes at least."""
        planned = self.planned(kernel=kernel, bias=bias)
        if "bias" in planned.weights:
            axes = {*letters, *(self.config["bias_axes"] or "")}
            planned.config["bias_axes"] = "".join(sorted(axes))
        return planned

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
