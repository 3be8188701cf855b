"""TensorFlow: fused kernels for norms and optimizers, products for 1×1 kernels."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_residual.read import kinds
from keras_residual.rewrite.accelerate.survey import (
    is_plain,
    layers_of,
    why_not,
    why_not_norm,
)
from keras_residual.rewrite.accelerate.switch import (
    Arrays,
    Compute,
    Switch,
    mean_square,
)
from keras_residual.rewrite.accelerate.tensorflow_kernels import (
    normalization,
    pointwise,
)
from keras_residual.rewrite.accelerate.tensorflow_updates import update_by_kernel


class TensorFlow(Switch):
    """What was done to a model on TensorFlow."""

    def install(self) -> None:
        """Replaces what pays."""
        trains = self.use == "training"
        by_product = trains and not tf.config.list_physical_devices("GPU")
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                self._replace_norm(path, layer)
            elif by_product and _pays(layer) and not why_not(layer):
                self.replace_call(layer, pointwise(layer))
                self.note(layer, path, "matrix product in training")
        if trains and self.changes:
            self.replace_update("update_step", update_by_kernel)

    def infer(self, compute: Compute, arrays: Arrays) -> list[Any]:
        """Returns what the model computes in inference, traced: in less memory."""
        if self.model.run_eagerly:
            return compute(arrays)
        return tf.function(lambda: compute(arrays), autograph=False)()

    def train(
        self, compute: Compute, arrays: Arrays, weights: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Returns the outputs in training, and gradients of their mean square."""
        with tf.GradientTape() as tape:
            made = compute(arrays)
            loss = mean_square(made)
        slopes = tape.gradient(loss, [variable.value for variable in weights])
        return made, [None if s is None else tf.convert_to_tensor(s) for s in slopes]

    def _replace_norm(self, path: str, layer: Any) -> None:
        if why := why_not_norm(layer) or _why_not_here(layer):
            self.leave(layer, path, why)
        else:
            self.replace_call(layer, normalization(layer))
            self.note(layer, path, "fused kernel")


def _pays(layer: Any) -> bool:
    return is_plain(layer) and kinds.pointwise(layer)


def _why_not_here(layer: Any) -> str | None:
    rank = layer.input_spec.ndim
    if layer.axis % rank != rank - 1:
        return "the kernel for processors takes channels on the last axis"
    if layer.variable_dtype != "float32" or layer.compute_dtype == "float64":
        return "the kernel computes in float32"
    return None
