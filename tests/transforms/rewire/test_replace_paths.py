"""Shortcuts and merges are swapped, and compute what the new words say."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .surgery import loads, randomised

PICTURES = np.random.default_rng(0).standard_normal((3, 8, 8, 4)).astype("float32")


def numbers(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor), "float64")


def network():
    """An identity unit, and one that projects with a stride."""
    x = inputs = keras.Input((8, 8, 4), name="x")
    x = kr.blocks.basic(4)(x, name="one")
    x = kr.blocks.basic(6, stride=2)(x, name="two")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return randomised(keras.Model(inputs, layers.Dense(2, name="head")(x)))


def test_a_projection_becomes_a_pooled_one_with_its_weights(tmp_path):
    model = network()
    pooled = kr.shortcuts.pooled_projection("batch")
    done = kr.rewire.replace(model, shortcut=pooled)
    kinds = [unit.kind for unit in kr.find_residuals(done.model)]
    assert kinds == ["identity", "pooled_projection"]
    assert done.changes[0].what.endswith("2 of 2 layers keep their weights")

    old, new = (kr.find_residuals(one)[1] for one in (model, done.model))
    taps = keras.Model(
        done.model.input,
        [op.layer.output for op in (new.entry, new.shortcut[-1])],
    )
    x, found = map(numbers, taps(PICTURES, training=False))
    convolution, norm = (op.layer for op in old.shortcut)
    means = x.reshape(3, 4, 2, 4, 2, 4).mean((2, 4))
    y = means @ numbers(convolution.kernel)[0, 0]
    spread = np.sqrt(numbers(norm.moving_variance) + norm.epsilon)
    y = (y - numbers(norm.moving_mean)) / spread
    expected = y * numbers(norm.gamma) + numbers(norm.beta)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    loads(done.model, tmp_path, PICTURES)


def test_a_shortcut_that_does_not_fit_is_left():
    done = kr.rewire.replace(network(), shortcut="identity")
    assert done.changes == ()
    assert done.left[0].why


def cropped(size):
    """A branch that takes borders away, beside a shortcut that does so itself."""
    x = keras.Input((size, size, 2), name="x")
    short = layers.Conv2D(3, 1, name="short")(layers.Cropping2D(1, name="crop")(x))
    y = layers.Add(name="[a]")([short, layers.Conv2D(3, 3, name="b")(x)])
    return randomised(keras.Model(x, y))


@pytest.mark.parametrize("size", [5, None], ids=["looks like a stride", "unknown"])
def test_a_trimmed_border_is_cropped_when_asked_and_never_a_stride(size):
    for word in ("projection", "zero_pad", "auto"):
        with pytest.raises(ValueError, match=r"takes borders away.\n.*\["):
            kr.rewire.replace(cropped(size), shortcut=word)
    done = kr.rewire.replace(cropped(size), shortcut=["crop", "projection"])
    assert done.proof.largest == 0
    assert "['crop', 'projection']" in str(done)
    assert "[a]" in f"{done} {done.proof}"


def test_a_stride_of_unknown_sizes_is_followed():
    x = keras.Input((None, None, 2), name="x")
    y = kr.Residual(kr.conv(3, stride=2), shortcut="projection")(x, name="unit")
    done = kr.rewire.replace(keras.Model(x, y), shortcut="pooled_projection")
    assert [u.kind for u in kr.find_residuals(done.model)] == ["pooled_projection"]
    assert done.model(np.ones((1, 7, 6, 2))).shape == (1, 4, 3, 3)


def test_a_sum_becomes_an_average(tmp_path):
    model = network()
    done = kr.rewire.replace(model, merge="average")
    assert [u.form for u in kr.find_residuals(done.model)] == ["average", "average"]
    first = next(x for x in done.model.layers if isinstance(x, layers.Average))
    taps = keras.Model(done.model.input, [*first.input, first.output])
    a, b, found = map(numbers, taps(PICTURES, training=False))
    np.testing.assert_allclose(found, (a + b) / 2, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(a, PICTURES)
    old = {w.path: w for w in model.weights}
    assert set(old) == {w.path for w in done.model.weights}
    loads(done.model, tmp_path, PICTURES)


def test_a_gate_brings_weights_and_a_drop_stays_before_it(tmp_path):
    model = network()
    done = kr.rewire.replace(model, merge="gate", drop_path=0.2)
    assert done.model.count_params() > model.count_params()
    names = [type(layer).__name__ for layer in done.model.layers]
    assert names.count("Dropout") == 2
    loads(done.model, tmp_path, PICTURES)


def test_a_merge_that_makes_more_channels_is_left():
    done = kr.rewire.replace(network(), merge="concatenate")
    assert done.changes == ()
    assert done.left[0].why == "the merge makes (None, 8, 8, 8) of (None, 8, 8, 4)"


def test_a_concatenation_is_no_sum():
    x = inputs = keras.Input((8, 8, 4))
    x = layers.Concatenate(name="wide")([x, layers.Conv2D(2, 1)(x)])
    done = kr.rewire.replace(keras.Model(inputs, x), merge="average")
    assert [(one.path, one.why) for one in done.left] == [
        ("wide", "it is no sum of a shortcut and one branch")
    ]


def test_a_word_that_is_none_is_refused():
    with pytest.raises(ValueError, match="merge 'gates'"):
        kr.rewire.replace(network(), merge="gates")
