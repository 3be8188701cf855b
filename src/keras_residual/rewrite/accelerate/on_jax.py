"""JAX: nothing, for a reason that was measured."""

from __future__ import annotations

import keras

from keras_residual.rewrite.accelerate.survey import layers_of
from keras_residual.rewrite.accelerate.switch import Switch

_WHY = "XLA fuses it already: a gradient written by hand was not worth its risk"


class Jax(Switch):
    """What was done to a model on JAX: nothing."""

    def install(self) -> None:
        """Writes down why every norm is left; convolutions have one kernel only."""
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                self.leave(layer, path, _WHY)
