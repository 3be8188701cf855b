"""JAX: matrix products for the convolutions that XLA is slow at on a processor."""

from __future__ import annotations

from typing import Any

import jax
import keras

from keras_residual.transforms.accelerate.jax_kernels import as_product, pays
from keras_residual.transforms.accelerate.patch_set import (
    Arrays,
    Compute,
    Descend,
    PatchSet,
    mean_square,
)
from keras_residual.transforms.accelerate.settings import while_set
from keras_residual.transforms.accelerate.survey import is_plain, layers_of, why_not

_NORM = "XLA fuses it already: a gradient written by hand was not worth its risk"


class Jax(PatchSet):
    """What was done to a model on JAX."""

    def install(self) -> None:
        """Replaces what pays."""
        processor = jax.default_backend() == "cpu"
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                self.leave(layer, path, _NORM)
            elif processor and is_plain(layer) and not why_not(layer) and pays(layer):
                self.replace_call(layer, while_set(layer, as_product(layer)))
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
