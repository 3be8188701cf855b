"""A SavedModel, and TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from keras_residual.files.export.batch import signature
from keras_residual.files.export.runtime import Arrays, Runtime, in_order, named


def write(model: keras.Model, path: Path) -> None:
    """Writes a model as a folder, for inference.

    Args:
        model: The model.
        path: The folder.
    """
    model = named(model)
    settings: dict[str, Any] = {"input_signature": signature(model), "verbose": False}
    if keras.config.backend() != "jax":
        model.export(path, format="tf_saved_model", **settings)
        return
    import jax

    # JAX notes in the file where each operation's code lies on this machine.
    setting = "jax_hlo_source_file_canonicalization_regex"
    before = getattr(jax.config, setting)
    jax.config.update(setting, ".*")
    try:
        # Gradients of unknown sizes cannot be traced, and inference needs none.
        settings["jax2tf_kwargs"] = {"with_gradient": False}
        model.export(path, format="tf_saved_model", **settings)
    finally:
        jax.config.update(setting, before)


def read(path: Path, model: keras.Model) -> Runtime:
    """Opens a folder in TensorFlow.

    Args:
        path: What `write` wrote.
        model: What it was made of.
    """
    import tensorflow as tf

    loaded: Any = tf.saved_model.load(str(path))

    def run(arrays: Arrays) -> list:
        given: Any = [tf.constant(array) for array in arrays]
        if not isinstance(model, keras.Sequential):
            given = [keras.tree.pack_sequence_as(model.input, given)]
        made = loaded.serve(*given)
        if isinstance(made, dict):
            made = in_order(model, made)
        return [one.numpy() for one in keras.tree.flatten(made)]

    return Runtime(f"TensorFlow {tf.__version__}", run)
