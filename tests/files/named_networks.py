"""Small models with names, and their weights."""

import keras
import numpy as np
import pytest

import keras_residual as kr


def network(*names: str | None, units: int = 4, dtype: str = "float32") -> keras.Model:
    """Layers of one shape in a row, by the order of their names."""
    inputs = keras.Input((4,))
    x = inputs
    for name in names:
        x = keras.layers.Dense(4, name=name, dtype=dtype)(x)
    x = keras.layers.BatchNormalization(name="norm", dtype=dtype)(x)
    x = keras.layers.Dropout(0.1, name="drop")(x)
    x = keras.layers.Dense(units, name="head", dtype=dtype)(x)
    model = keras.Model(inputs, x, name="network")
    for at, weight in enumerate(model.weights):
        values = np.random.default_rng(at).uniform(0.5, 2, weight.shape)
        weight.assign(values.astype("float32"))
    return model


def zeroed(model: keras.Model) -> keras.Model:
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape, "float32"))
    return model


def held(model: keras.Model) -> dict[str, np.ndarray]:
    return {
        w.path.removeprefix(f"{model.name}/"): np.array(keras.ops.convert_to_numpy(w))
        for w in model.weights
    }


def same(left: dict, right: dict) -> bool:
    return left.keys() == right.keys() and all(
        left[name].dtype == right[name].dtype
        and left[name].tobytes() == right[name].tobytes()
        for name in left
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model and its file, in our format; and in Keras's."""
    model = network("left", "right")
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    kr.save_weights(model, path)
    model.save_weights(path.with_suffix(".weights.h5"))
    return model, path
