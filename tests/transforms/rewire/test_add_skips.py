"""A plain network takes skips, keeps its function, and learns them."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .surgery import loads, randomised


def plain():
    """Two blocks of equal shape, and a wider one between them."""
    x = inputs = keras.Input((8, 8, 4), name="x")
    for k, (filters, stride) in enumerate([(4, 1), (4, 1), (6, 2), (6, 1), (6, 1)]):
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", name=f"conv{k}")(
            x
        )
        x = layers.BatchNormalization(name=f"norm{k}")(x)
        x = layers.ReLU(name=f"act{k}")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return randomised(keras.Model(inputs, layers.Dense(2, name="head")(x)))


def test_skips_go_around_blocks_of_equal_shape(tmp_path):
    done = kr.rewire.add_skips(plain())
    assert [c.path for c in done.changes] == ["conv0 to norm1", "conv3 to norm4"]
    reasons = {one.path: one.why for one in done.left}
    assert reasons["conv2"] == "(None, 8, 8, 4) becomes (None, 4, 4, 6)"
    assert reasons["head"] == "head returns an output of the model"
    assert done.proof.largest == 0
    units = kr.find_residuals(done.model)
    assert [(u.path, u.kind) for u in units] == [
        ("norm1_skip_add", "scaled"),
        ("norm4_skip_add", "scaled"),
    ]
    loads(done.model, tmp_path, np.ones((2, 8, 8, 4), "float32"))


def test_a_gate_adds_its_input_as_written():
    model = kr.rewire.add_skips(plain()).model
    gate = model.get_layer("norm1_skip_scale1")
    factors = np.array([0.5, -1, 2, 0], "float32")
    gate.kernel.assign(factors)
    ends = ["norm1", "norm1_skip_add"]
    both = keras.Model(model.input, [model.get_layer(n).output for n in ends])
    x = np.random.default_rng(0).standard_normal((2, 8, 8, 4)).astype("float32")
    before, after = map(keras.ops.convert_to_numpy, both(x, training=False))
    np.testing.assert_allclose(after, before + factors * x, rtol=1e-5, atol=1e-5)


def test_the_network_trains_on_and_its_gates_open():
    model = kr.rewire.add_skips(plain()).model
    rng = np.random.default_rng(0)
    x = rng.standard_normal((16, 8, 8, 4)).astype("float32")
    y = (x.mean((1, 2, 3)) > 0).astype("int32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss)
    losses = model.fit(x, y, epochs=5, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    for name in ("norm1_skip_scale1", "norm4_skip_scale1"):
        kernel = keras.ops.convert_to_numpy(model.get_layer(name).kernel)
        assert np.abs(kernel).max() > 0


def test_shorter_blocks_take_more_skips():
    done = kr.rewire.add_skips(plain(), length=1)
    assert len(done.changes) == 4


def test_a_gate_that_is_open_is_refused():
    with pytest.raises(ValueError, match="computes something else"):
        kr.rewire.add_skips(plain(), gate="identity")


def test_nothing_is_added_where_there_are_units():
    x = keras.Input((8, 8, 4))
    model = keras.Model(x, kr.blocks.basic(4)(x, name="unit"))
    done = kr.rewire.add_skips(model)
    assert done.changes == ()
    assert "it lies in the unit" in done.left[0].why


def test_unknown_sizes_that_shrink_are_no_site():
    x = keras.Input((None, 4), name="x")
    y = layers.Conv1D(4, 3, padding="causal", name="a")(x)
    y = layers.Conv1D(4, 3, padding="causal", name="b")(y)
    y = layers.Conv1D(4, 3, name="c")(y)
    y = layers.Conv1D(4, 3, padding="same", name="d")(y)
    done = kr.rewire.add_skips(keras.Model(x, layers.ReLU()(y)))
    assert [c.path for c in done.changes] == ["a to b"]
    assert done.left[0].why == "c changes sizes that are not known"


def test_an_mlp_and_a_model_inside():
    inner = keras.Sequential(
        [keras.Input((4,)), *(layers.Dense(4, "relu", name=n) for n in "abc")],
        name="inner",
    )
    x = keras.Input((4,))
    done = kr.rewire.add_skips(keras.Model(x, layers.Dense(2)(inner(x))))
    assert [c.path for c in done.changes] == ["inner/a to inner/b"]


def test_a_block_of_no_layers_is_refused():
    with pytest.raises(ValueError, match="length=2"):
        kr.rewire.add_skips(plain(), length=0)
