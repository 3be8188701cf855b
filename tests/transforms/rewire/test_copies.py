"""A layer that is kept has to compute what it did, whatever a surgery was for."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

DATA = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])


@keras.saving.register_keras_serializable("tests")
class Forgetful(layers.Layer):
    """Says nothing of its factor in its settings."""

    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, x):
        return self.factor * x

    def get_config(self):
        return super().get_config()


def forgetful(factor):
    inputs = keras.Input((4,))
    x = Forgetful(factor)(inputs)
    y = layers.Dense(4)(layers.ReLU(name="act")(x))
    model = keras.Model(inputs, layers.Dense(2)(layers.Add(name="sum")([x, y])))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.mark.parametrize("factor", [3.0, 1.0003])  # as large as rounding never is
@pytest.mark.parametrize(
    "call",
    [
        lambda m: kr.rewire.delete(m, "act"),
        lambda m: kr.rewire.insert(m, layers.Identity(), after="act"),
        lambda m: kr.rewire.drop_units(m, "sum"),
        lambda m: kr.rewire.replace(m, activation="gelu"),
        lambda m: kr.rewire.prune_depth(m, DATA, tolerance=1),
    ],
)
def test_a_layer_that_is_not_copied_whole_is_refused(call, factor):
    with pytest.raises(ValueError, match="a layer that was kept") as refused:
        call(forgetful(factor))
    assert "get_config()" in str(refused.value)
    assert "tolerance=" not in str(refused.value)  # none of them takes one


@pytest.mark.parametrize(
    "call",
    [
        lambda m, **how: kr.rewire.rename(m, {"act": "relu"}, **how),
        kr.rewire.add_skips,
        kr.mend,
    ],
)
def test_the_tolerance_that_is_advised_is_taken(call):
    model = forgetful(1.0003)
    with pytest.raises(ValueError, match="Write:   tolerance=") as refused:
        call(model)
    advised = float(str(refused.value).rpartition("tolerance=")[2])
    assert 1e-4 < call(model, tolerance=advised).proof.largest < advised


def test_attention_that_takes_masks_is_kept():
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True)(tokens)
    for k in range(2):
        attended = layers.MultiHeadAttention(1, 2)(x, x)
        x = layers.Add(name=f"attention_sum{k}")([x, attended])
        x = layers.Add(name=f"sum{k}")([x, layers.Dense(4)(x)])
    given = np.array([[1, 2, 3, 0, 0, 0]], "int32")
    dropped = kr.rewire.drop_units(keras.Model(tokens, x), "sum0", inputs=given)
    kept = [one.output for one in dropped.proof.layers]
    assert sum(name.startswith("multi_head") for name in kept) == 2
