"""What is made up for an input is what the layer that reads it is for."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.transforms.original import made_up_runs
from keras_residual.transforms.trials import trials_for

BINS = [10.0, 200.0, 3e5]


def adapted():
    norm = layers.Normalization()
    norm.adapt(np.random.default_rng(0).normal(5e3, 3, (99, 2)).astype("float32"))
    return norm


def all_bins(seen):
    return {*np.digitize(seen, BINS).ravel()} == {0, 1, 2, 3}


def ids(count):
    return lambda seen: {*seen.ravel()} == {*range(count)}


def letters(seen):
    hot = [row for row in seen if ((row == 0) | (row == 1)).all() and row.any()]
    return len(hot) and all((row.sum(-1) == 1).all() for row in hot)


def fills(low, high):
    """Some sample reaches from near the one end to near the other, and no further."""
    near = (high - low) / 20
    return lambda seen: any(
        low <= row.min() < low + near and high - near < row.max() <= high
        for row in seen
    )


READERS = {
    "embedding": ((6,), "int32", lambda: layers.Embedding(9, 2), ids(9)),
    "floats to look up": ((6,), "float32", lambda: layers.Embedding(9, 2), ids(9)),
    "categories": ((6,), "int32", lambda: layers.CategoryEncoding(7), ids(7)),
    "letters": ((20, 4), "float32", lambda: layers.Conv1D(2, 3), letters),
    "pixels": ((9, 9, 3), "float32", lambda: layers.Rescaling(1 / 255), fills(0, 255)),
    "pixels around zero": (
        (9, 9, 3),
        "float32",
        lambda: layers.Rescaling(1 / 127.5, -1),
        fills(0, 255),
    ),
    "quantities": (
        (2,),
        "float32",
        adapted,
        lambda seen: np.median(np.abs(seen - 5e3)) < 9,
    ),
    "bins": ((1,), "float32", lambda: layers.Discretization(BINS), all_bins),
    "numbers of a vocabulary": (
        (2,),
        "int64",
        lambda: layers.IntegerLookup(vocabulary=[5, 77, 900]),
        lambda seen: {5, 77, 900} < {*seen.ravel()},
    ),
    "masked steps": (
        (6, 3),
        "float32",
        lambda: layers.Masking(-1.0),
        lambda seen: ((seen == -1).all(-1).sum(1) == 2).any(),
    ),
}


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # JAX has none
@pytest.mark.parametrize("name", READERS)
def test_what_is_made_up_covers_what_is_read(name):
    shape, dtype, layer, covered = READERS[name]
    x = keras.Input(shape, dtype=dtype)
    trials = trials_for(keras.Model(x, layer()(layers.Identity()(x))))
    assert covered(np.concatenate([trial.arrays[0] for trial in trials]))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="reads words")
@pytest.mark.parametrize("kind", [layers.StringLookup, layers.TextVectorization])
def test_every_word_is_made_up_and_one_that_is_unknown(kind):
    words = {"cat", "dog", "fish"}
    x = keras.Input((1,), dtype="string")
    model = keras.Model(x, kind(vocabulary=sorted(words))(x))
    seen = {word for t in trials_for(model) for row in t.arrays[0] for word in row}
    seen = {word for line in seen for word in line.split()}
    assert words < seen


def test_what_is_cropped_is_long_enough():
    x = keras.Input((None, 4))
    model = keras.Model(x, layers.Cropping1D(5000)(x))
    assert all(
        array.shape[1] > 1e4
        for trial, _ in made_up_runs(model)
        for array in trial.arrays
    )
