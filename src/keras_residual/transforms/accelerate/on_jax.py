"""JAX: matrix products for the convolutions that XLA is slow at on a processor.

Its 1×1 kernels are slower than a product of the same numbers. And the gradient of a
wide convolution on a small image falls back to a loop: a hundred times slower than the
products that the gradient of a product is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import keras

from keras_residual.graph.windows import is_pointwise, same_pads
from keras_residual.transforms.accelerate.patch_set import (
    Arrays,
    Compute,
    Descend,
    PatchSet,
    mean_square,
    while_set,
)
from keras_residual.transforms.accelerate.survey import (
    is_plain,
    layers_of,
    makes_few_pixels,
    why_not,
)

_NORM = "XLA fuses it already: a gradient written by hand was not worth its risk"
_WIDE = 128  # channels: below, the patches are more work than the convolution
_SMALL = 64  # pixels of the result: above, the patches take much memory


class Jax(PatchSet):
    """What was done to a model on JAX."""

    def install(self) -> None:
        """Replaces what pays."""
        processor = jax.default_backend() == "cpu"
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                self.leave(layer, path, _NORM)
            elif processor and is_plain(layer) and not why_not(layer) and _pays(layer):
                self.replace_call(layer, while_set(layer, _as_product(layer)))
                self.note(layer, path, "matrix product")

    def inference(self, compute: Compute) -> Compute:
        """Returns what answers as the model does now, compiled: in less memory."""
        if self.model.run_eagerly:
            return compute
        variables = self.model.variables

        def run(values: list[Any], given: Arrays) -> list[Any]:
            pairs = zip(variables, values, strict=True)
            with keras.StatelessScope(list(pairs)):
                return compute(given)

        compiled = jax.jit(run)
        return lambda given: compiled([each.value for each in variables], given)

    def training(self, compute: Compute, weights: list[Any]) -> Descend:
        """Returns what descends as the model does now, compiled once."""
        others = self.model.non_trainable_variables

        def run(values: list[Any], rest: list[Any], given: Arrays) -> tuple[Any, Any]:
            pairs = zip((*weights, *others), (*values, *rest), strict=True)
            with keras.StatelessScope(list(pairs)) as scope:
                made = compute(given)
            moved = [scope.get_current_value(variable) for variable in others]
            return mean_square(made), (made, moved)

        compiled = jax.jit(jax.grad(run, has_aux=True))

        def descend(given: Arrays) -> tuple[list[Any], list[Any]]:
            state = [v.value for v in weights], [v.value for v in others]
            slopes, (made, moved) = compiled(*state, given)
            for variable, value in zip(others, moved, strict=True):
                variable.assign(value)
            return made, list(slopes)

        return descend


def _as_product(layer: Any) -> Callable[..., Any]:
    """Returns what stands in for the `call` of a plain convolution."""

    def call(inputs: Any) -> Any:
        if not _takes(layer, inputs):
            return type(layer).call(layer, inputs)
        out = _product(_patches(layer, inputs), layer.kernel)
        if layer.use_bias:
            out = keras.ops.add(out, layer.bias)
        return out if layer.activation is None else layer.activation(out)

    return call


def _product(patches: Any, kernel: Any) -> Any:
    """Multiplies matrices: the gradient of what has more axes is many times slower."""
    *places, size = patches.shape
    rows = keras.ops.reshape(patches, (-1, size))
    out = keras.ops.matmul(rows, keras.ops.reshape(kernel, (size, -1)))
    return keras.ops.reshape(out, (*places, kernel.shape[-1]))


def _takes(layer: Any, x: Any) -> bool:
    """Says whether the numbers are usual; an exporter gives sizes that are none."""
    known = is_pointwise(layer) or all(isinstance(n, int) for n in x.shape[1:])
    return known and keras.backend.standardize_dtype(x.dtype) == "float32"


def _pays(layer: Any) -> bool:
    """Says whether the product is faster for a convolution."""
    if is_pointwise(layer):
        return True
    return layer.kernel.shape[-2] >= _WIDE and makes_few_pixels(layer, _SMALL)


def _patches(layer: Any, x: Any) -> Any:
    """Returns, for each pixel of the result, the elements that it is made of."""
    if is_pointwise(layer):
        down, right = layer.strides
        return x[:, ::down, ::right]
    if layer.padding == "same":
        pads = same_pads(x.shape[1:-1], layer.kernel_size, layer.strides, (1, 1))
        x = keras.ops.pad(x, [(0, 0), *pads, (0, 0)])
    height, width = layer.kernel_size
    down, right = layer.strides
    rows = (x.shape[1] - height) // down * down + 1
    columns = (x.shape[2] - width) // right * right + 1
    taps = [
        x[:, i : i + rows : down, j : j + columns : right]
        for i in range(height)
        for j in range(width)
    ]
    return keras.ops.concatenate(taps, -1)
