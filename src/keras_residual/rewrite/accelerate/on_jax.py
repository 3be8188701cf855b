"""JAX: matrix products for the convolutions that XLA is slow at on a processor."""

from __future__ import annotations

from typing import Any

import jax
import keras

from keras_residual.rewrite.accelerate.jax_kernels import as_product, pays
from keras_residual.rewrite.accelerate.survey import is_plain, layers_of, why_not
from keras_residual.rewrite.accelerate.switch import (
    Arrays,
    Compute,
    Switch,
    mean_square,
)

_NORM = "XLA fuses it already: a gradient written by hand was not worth its risk"


class Jax(Switch):
    """What was done to a model on JAX."""

    def __init__(self, model: keras.Model, use: str = "training") -> None:
        super().__init__(model, use)
        self._step: Any = None

    def install(self) -> None:
        """Replaces what pays."""
        processor = jax.default_backend() == "cpu"
        for path, layer in layers_of(self.model):
            if type(layer) is keras.layers.BatchNormalization:
                self.leave(layer, path, _NORM)
            elif processor and is_plain(layer) and not why_not(layer) and pays(layer):
                self.replace_call(layer, as_product(layer))
                self.note(layer, path, "matrix product")

    def undo(self) -> None:
        """Gives every layer its own computation back."""
        super().undo()
        self._step = None

    def infer(self, compute: Compute, arrays: Arrays) -> list[Any]:
        """Returns what the model computes in inference, compiled: in less memory."""
        if self.model.run_eagerly:
            return compute(arrays)
        variables = self.model.variables

        def run(values: list[Any], given: Arrays) -> list[Any]:
            pairs = zip(variables, values, strict=True)
            with keras.StatelessScope(list(pairs)):
                return compute(given)

        return jax.jit(run)([variable.value for variable in variables], arrays)

    def train(
        self, compute: Compute, arrays: Arrays, weights: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Returns the outputs in training, and gradients of their mean square."""
        others = self.model.non_trainable_variables

        def run(values: list[Any], rest: list[Any], given: Arrays) -> tuple[Any, Any]:
            pairs = zip((*weights, *others), (*values, *rest), strict=True)
            with keras.StatelessScope(list(pairs)) as scope:
                made = compute(given)
            moved = [scope.get_current_value(variable) for variable in others]
            return mean_square(made), (made, moved)

        if self._step is None:  # compiled once: inputs differ, the computation does not
            self._step = jax.jit(jax.grad(run, has_aux=True))
        state = [v.value for v in weights], [v.value for v in others]
        slopes, (made, moved) = self._step(*state, arrays)
        for variable, value in zip(others, moved, strict=True):
            variable.assign(value)
        return made, list(slopes)
