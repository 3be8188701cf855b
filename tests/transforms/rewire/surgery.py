"""What the tests of surgery share: weights, numbers, and a way through a file."""

import keras
import numpy as np

GIVEN = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")


def randomised(model):
    """Gives every weight random numbers, those above zero that must be."""
    rng = np.random.default_rng(1)
    for weight in model.weights:
        drawn = rng.normal(size=weight.shape) / 2
        weight.assign(np.abs(drawn) + 0.5 if "variance" in weight.path else drawn)
    return model


def out(model, given=GIVEN):
    return keras.ops.convert_to_numpy(model(given, training=False))


def loads(model, tmp_path, given=GIVEN):
    """Asks that a saved model computes the same again."""
    model.save(tmp_path / "new.keras")
    again = keras.saving.load_model(tmp_path / "new.keras")
    np.testing.assert_array_equal(out(again, given), out(model, given))
