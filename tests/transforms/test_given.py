"""Inputs that a person gives: they run, or it is said why not."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.transforms.original import Original

NUMBERS = np.ones((2, 3))


def small() -> keras.Model:
    return keras.Sequential([keras.Input((3,)), layers.Dense(2)])


@pytest.mark.parametrize(
    "values",
    [NUMBERS.astype(str), NUMBERS + 1j, NUMBERS.astype("M8[s]")],
    ids=["words", "complex", "dates"],
)
def test_values_that_no_layer_takes_are_refused_with_their_type(values):
    with pytest.raises(kr.ResidualError, match="do not fit") as caught:
        Original(small(), values)
    assert str(values.dtype) in caught.value.given
    assert "float32" in caught.value.needed


@pytest.mark.parametrize("dtype", ["float64", "float16", "int8", "bool"])
def test_numbers_of_any_type_are_taken(dtype):
    Original(small(), NUMBERS.astype(dtype))


@pytest.mark.parametrize("names", [["wrong"], ["x", "more"], [1], []])
@pytest.mark.parametrize("inputs", [lambda x: x, lambda x: {"x": x}])
def test_arrays_by_other_names_are_refused_by_them(names, inputs):
    x = keras.Input((3,), name="x")
    model = keras.Model(inputs(x), layers.Dense(2)(x))
    with pytest.raises(kr.ResidualError, match="do not fit") as caught:
        Original(model, dict.fromkeys(names, NUMBERS))
    assert ", ".join(map(repr, names)) in caught.value.given
    assert "x (None, 3)" in caught.value.needed
    assert Original(model, {"x": NUMBERS}).tried


class Picky(layers.Layer):
    """A layer that looks at its values, as a lookup or a backend does."""

    looks = False  # while the graph is built, there are no values

    def call(self, x):
        if self.looks:
            raise IndexError("index out of range")
        return x


def test_what_the_model_says_of_values_is_told():
    model = keras.Sequential([keras.Input((3,)), Picky()])
    model.layers[0].looks = True
    with pytest.raises(kr.ResidualError, match="does not run on the inputs") as caught:
        Original(model, NUMBERS)
    assert "(2, 3)" in caught.value.given
    assert "index out of range" in caught.value.needed
