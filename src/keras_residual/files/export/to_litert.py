"""LiteRT (TensorFlow Lite), and its interpreter."""

from __future__ import annotations

from pathlib import Path

import keras

from keras_residual.files.export.batch import signature
from keras_residual.files.export.runtime import (
    Arrays,
    Runtime,
    by_name,
    in_order,
    named,
)


def write(model: keras.Model, path: Path) -> None:
    """Writes a model in LiteRT's own operations, which every LiteRT runtime has.

    Args:
        model: The model.
        path: Ends in .tflite.
    """
    import tensorflow as tf

    own = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    settings = {"input_signature": signature(model), "target_spec": own}
    named(model).export(path, format="litert", verbose=False, **settings)


def read(path: Path, model: keras.Model) -> Runtime:
    """Opens a file in the interpreter that TensorFlow brings.

    Args:
        path: What `write` wrote.
        model: What it was made of.
    """
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_path=str(path))
    (signature,) = interpreter.get_signature_list().values()
    runner = interpreter.get_signature_runner()

    def run(arrays: Arrays) -> list:
        return in_order(model, runner(**by_name(model, signature["inputs"], arrays)))

    return Runtime(f"LiteRT of TensorFlow {tf.__version__}", run)
