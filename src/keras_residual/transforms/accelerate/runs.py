"""Runs a model as it computes now, in inference and in training."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np

from keras_residual.graph.untouched import state_kept
from keras_residual.transforms.accelerate.patch_set import PatchSet
from keras_residual.transforms.trials import Arrays, Numbers, Trial


class Runs:
    """A model, traced once for each way in which it runs.

    Args:
        patches: What knows the model and its backend, which trace and differentiate.
    """

    def __init__(self, patches: PatchSet) -> None:
        model = self._model = patches.model
        self._weights = model.trainable_variables
        self._answer = patches.inference(partial(_outputs, model, training=False))
        compute = partial(_outputs, model, training=True)
        self._descend = patches.training(compute, self._weights)

    def answer(self, trial: Trial) -> Numbers:
        """Returns the outputs in inference, by name.

        The model is left as it was.

        Args:
            trial: The inputs.
        """
        with state_kept(self._model):
            return trial.answered(lambda arrays: _named(self._answer(arrays)))

    def train(self, arrays: Arrays) -> list[Numbers]:
        """Returns the outputs, the gradients and the statistics of a call in training.

        The model is left as it was.

        Args:
            arrays: The inputs.
        """
        with state_kept(self._model):
            made, slopes = self._descend(arrays)
            state = [v for v in self._model.non_trainable_variables if _float(v)]
            moved = {variable.path: _numbers(variable) for variable in state}
        found = {}
        for weight in reversed(self._weights):
            slope = slopes.pop()  # let go of it: all together are as large as the model
            if slope is not None:
                found[weight.path] = _numbers(slope)
        return [_named(made), found, moved]


def _outputs(model: Any, arrays: tuple[np.ndarray, ...], *, training: bool) -> list:
    """Returns the real-valued outputs of a model."""
    given: Any = arrays[0] if len(arrays) == 1 else list(arrays)
    if isinstance(model, keras.Function):
        given = keras.tree.pack_sequence_as(model.input, list(arrays))
    made = keras.tree.flatten(model(given, training=training))
    return [keras.ops.cast(out, "float32") for out in made if _float(out)]


def _named(values: list[Any]) -> Numbers:
    return {f"output {k}": _numbers(value) for k, value in enumerate(values)}


def _float(value: Any) -> bool:
    return "float" in keras.backend.standardize_dtype(value.dtype)


def _numbers(value: Any) -> np.ndarray:
    if _float(value):
        value = keras.ops.cast(value, "float32")
    return np.asarray(keras.ops.convert_to_numpy(value))
