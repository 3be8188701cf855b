"""Makes a Sequential of a description, and builds it once."""

from __future__ import annotations

from typing import Any

import keras

# What stands in the place of Keras's own; a file may not name it.
ROW = "keras_residual>row"


class Row:
    """Stands in for `Sequential`, which builds itself anew with each layer."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> keras.Sequential:
        """Returns what Keras would return, in a time that fits the layers.

        Args:
            config: The settings of a Sequential.
        """
        model, layers = keras.Sequential(name=config["name"]), config["layers"]
        for at, layer in enumerate(layers, 1):
            made = keras.saving.deserialize_keras_object(layer)
            model.add(made, rebuild=at == len(layers))
        shape = config.get("build_input_shape")
        if not model.built and isinstance(shape, list) and shape:
            model.build(shape)
        return model
