"""TensorFlow: fused kernels for norms and optimizers, products for convolutions."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_residual.graph import kinds
from keras_residual.transforms.accelerate.patch_set import (
    Arrays,
    Compute,
    Descend,
    PatchSet,
    mean_square,
)
from keras_residual.transforms.accelerate.settings import while_set
from keras_residual.transforms.accelerate.survey import (
    is_plain,
    layers_of,
    makes_few_pixels,
    why_not,
    why_not_norm,
)
from keras_residual.transforms.accelerate.tensorflow_kernels import (
    as_product,
    normalization,
)
from keras_residual.transforms.accelerate.tensorflow_updates import update_by_kernel

_WIDE = 128  # channels: below, the gain is lost in the noise
_FEW = 4  # pixels of the result, four times as many where it strides


class TensorFlow(PatchSet):
    """What was done to a model on TensorFlow."""

    def install(self) -> None:
        """Replaces what pays."""
        trains = self.use == "training"
        by_product = trains and not tf.config.list_physical_devices("GPU")
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                self._replace_norm(path, layer)
            elif by_product and is_plain(layer) and not why_not(layer) and _pays(layer):
                self.replace_call(layer, while_set(layer, as_product(layer)))
                self.note(layer, path, "matrix product in training")
        if trains and self.changes:
            self.replace_update("update_step", update_by_kernel)

    def inference(self, compute: Compute) -> Compute:
        """Returns what answers as the model does now, traced: in less memory."""
        return self._traced(compute)

    def training(self, compute: Compute, weights: list[Any]) -> Descend:
        """Returns what descends as the model does now, traced: in less memory."""

        def descend(given: Arrays) -> tuple[list[Any], list[Any]]:
            with tf.GradientTape() as tape:
                made = compute(given)
                loss = mean_square(made)
            slopes = tape.gradient(loss, [variable.value for variable in weights])
            return made, [
                None if s is None else tf.convert_to_tensor(s) for s in slopes
            ]

        return self._traced(descend)

    def _traced(self, compute: Any) -> Any:
        if self.model.run_eagerly:
            return compute
        traced = tf.function(compute, autograph=False)
        return lambda given: traced(tuple(map(tf.convert_to_tensor, given)))

    def _replace_norm(self, path: str, layer: Any) -> None:
        if why := why_not_norm(layer) or _why_not_here(layer):
            self.leave(layer, path, why)
        else:
            self.replace_call(layer, while_set(layer, normalization(layer)))
            self.note(layer, path, "fused kernel")


def _pays(layer: Any) -> bool:
    """Says whether a product trains faster: a convolution lays its kernel out anew.

    On large images that is less work than to copy each element as often as it is read.
    """
    if kinds.pointwise(layer):
        return True
    most = _FEW if layer.strides == (1, 1) else 4 * _FEW
    return layer.kernel.shape[-2] >= _WIDE and makes_few_pixels(layer, most)


def _why_not_here(layer: Any) -> str | None:
    rank = layer.input_spec.ndim
    if layer.axis % rank != rank - 1:
        return "the kernel for processors takes channels on the last axis"
    if layer.variable_dtype != "float32" or layer.compute_dtype == "float64":
        return "the kernel computes in float32"
    return None
