"""What a model without declared inputs takes is told by an example, or guessed."""

import keras
import numpy as np
import pytest
from graph.unfolding import textbook as book
from keras import layers, ops

import keras_residual as kr

WORDS = np.array([[1, 2, 3], [4, 5, 6]], "int32")


class Mixed(keras.Model):
    """Looks a class up, and computes with what stands beside it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.classes, self.dense = layers.Embedding(9, 4), layers.Dense(4)
        self.own = book.Own()

    def call(self, x):
        return self.own(self.dense(x[:, 1:])) + self.classes(x[:, 0])


class OneHot(keras.Model):
    """Looks words up by a product."""

    def __init__(self, **options):
        super().__init__(**options)
        self.own = book.Own()

    def call(self, x):
        return self.own(ops.one_hot(x[:, 1:], 9))


class Padded(keras.Model):
    """Has its mask from the words, too."""

    def __init__(self, **options):
        super().__init__(**options)
        self.words, self.own = layers.Embedding(9, 4), book.Own()

    def call(self, x):
        kept = ops.cast(ops.not_equal(x, 0), "float32")
        return self.own(self.words(x) * ops.expand_dims(kept, -1))


class Open(book.Tied):
    """Takes any number of words."""

    def build(self, shape):
        self.embedding.build(shape)
        self.own.build((*shape, 6))


def input_of(unfolded):
    (tensor,) = unfolded.model.inputs
    return tensor.dtype, tensor.shape


@pytest.mark.parametrize("kind", [book.Tied, OneHot, Padded])
def test_words_are_taken_as_whole_numbers_and_that_is_said(kind):
    model = kind()
    wanted = ops.convert_to_numpy(model(WORDS))
    unfolded = kr.unfold(model)
    assert input_of(unfolded) == ("int32", (None, 3))
    assert unfolded.notes == (
        "'inputs': taken as whole numbers (like= says otherwise)",
    )
    assert unfolded.notes[0] in repr(unfolded)
    found = ops.convert_to_numpy(unfolded.model(WORDS))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert kr.Analysis(model).notes == unfolded.notes


@pytest.mark.parametrize("kind", [Mixed, lambda: book.Whole(book.Own())])
def test_what_is_computed_with_is_no_number_of_a_thing(kind):
    model = kind()
    model(np.ones((2, 3), "float32"))
    unfolded = kr.unfold(model)
    assert input_of(unfolded) == ("float32", (None, 3))
    assert unfolded.notes == ()


def test_an_example_says_kind_and_size_and_nothing_is_guessed():
    model = book.Tied()
    model(np.ones((2, 3), "float32"))  # what it was built on
    unfolded = kr.unfold(model, WORDS[:, :2])
    assert input_of(unfolded) == ("int32", (None, 2))
    assert unfolded.notes == ()


def test_labels_beside_an_example_are_no_inputs():
    model = book.Tied()
    model(WORDS)
    analysis = kr.Analysis(model, (WORDS, WORDS))
    assert input_of(analysis.unfolded) == ("int32", (None, 3))


def test_declared_inputs_go_before_an_example():
    x = keras.Input((4,), dtype="float32")
    model = keras.Model(x, book.Own()(x))
    unfolded = kr.unfold(model, np.ones((2, 4), "int32"))
    assert input_of(unfolded) == ("float32", (None, 4))


def test_sizes_that_a_model_knows_to_be_unknown_stay_so():
    model = Open()
    model.build((None, None))
    assert input_of(kr.unfold(model, WORDS)) == ("int32", (None, None))
