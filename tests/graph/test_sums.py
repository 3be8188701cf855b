"""A custom layer is asked whether it sums."""

import keras
import pytest
from keras import layers

from keras_residual.graph import find_residuals


def found(inputs, outputs):
    return find_residuals(keras.Model(inputs, outputs))


class Together(layers.Layer):
    """What two tensors become is a function handed to it."""

    def __init__(self, rule, **kwargs):
        super().__init__(**kwargs)
        self.rule = rule

    def call(self, *tensors):
        return self.rule(*tensors)


def scaled_sum(a, b):
    return a + 0.3 * b


def product(a, b):
    return a * b


def first(a, b):
    return a


def out_of_order(a, b):
    if a.shape[0] == 4:  # works on tensors without sizes, fails on numbers
        raise RuntimeError("not now")
    return a + b


@pytest.mark.parametrize(
    ("rule", "units"), [(scaled_sum, 1), (product, 0), (first, 0), (out_of_order, 0)]
)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_custom_layer_is_a_unit_if_it_sums(rule, units, dtype):
    x = keras.Input((8, 8, 4), dtype=dtype)
    f = layers.Conv2D(4, 3, padding="same", dtype=dtype)(x)
    assert len(found(x, Together(rule, dtype=dtype)(x, f))) == units


@pytest.mark.parametrize(
    ("rule", "units"),
    [(lambda a, b, c: a + b - c, 1), (lambda a, b, c: a + b * c, 0)],
)
def test_a_custom_layer_may_sum_three(rule, units):
    x = keras.Input((8,))
    f, g = layers.Dense(8)(x), layers.Dense(8)(x)
    assert len(found(x, Together(rule)(x, f, g))) == units


def test_custom_layers_that_differ_only_in_settings_are_told_apart():
    @keras.saving.register_keras_serializable("tests")
    class Mix(layers.Layer):
        def __init__(self, share, **kwargs):
            super().__init__(**kwargs)
            self.share = share

        def call(self, inputs):
            return inputs[0] + self.share * inputs[1]

        def get_config(self):
            return {**super().get_config(), "share": self.share}

    x = keras.Input((8,))
    y = Mix(0.5, name="mix")([x, layers.Dense(8)(x)])
    z = Mix(0.0, name="drop")([y, layers.Dense(8)(y)])
    assert [u.path for u in found(x, z)] == ["mix"]


def test_a_layer_whose_settings_fail_is_asked_all_the_same():
    class Mix(layers.Layer):
        def call(self, a, b):
            return a + b

        def get_config(self):
            return {**super().get_config(), "share": self.share}  # it has none

    x = keras.Input((8,))
    assert len(found(x, Mix()(x, layers.Dense(8)(x)))) == 1


def test_a_layer_that_turns_two_tensors_into_two_is_no_sum():
    class Turn(layers.Layer):
        def call(self, a, b):
            return a - b, a + b

    x = keras.Input((8,))
    y, z = Turn()(x, layers.Dense(8)(x))
    assert not found(x, [y, z])
