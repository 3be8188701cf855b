"""Streams of lanes: what mixing amplifies and how alike lanes are, in closed form."""

import keras
import numpy as np

import keras_residual as kr

COLUMNS = ["mixing_forward", "mixing_backward", "lane_similarity"]


def network(via, depth=3) -> keras.Model:
    keras.utils.set_random_seed(1)
    x = keras.Input((4,))
    return keras.Model(x, kr.connect(x, [kr.dense(4)] * depth, via=via, name="c"))


def test_gains_are_those_of_the_product():
    model = network(kr.connections.hyper(streams=2, dynamic=False))
    rng = np.random.default_rng(3)
    first, second, third = rng.normal(size=(3, 2, 2)).astype("float32")
    for k, mixing in enumerate((first, second, third), 1):
        model.get_layer(f"c_write{k}").mix.assign(mixing.T)
    up_to = [first, second @ first, third @ second @ first]
    from_here = [third @ second @ first, third @ second, third]
    table = kr.measure(model, np.ones((2, 4), "float32"), columns=COLUMNS)
    forward = [np.abs(product.sum(1)).max() for product in up_to]
    backward = [np.abs(product.sum(0)).max() for product in from_here]
    np.testing.assert_allclose(table["mixing_forward"], forward, 1e-5)
    np.testing.assert_allclose(table["mixing_backward"], backward, 1e-5)


def test_doubly_stochastic_mixing_amplifies_nothing():
    model = network(kr.connections.mhc(streams=3, away=-1.0))
    for layer in model.layers:
        if "_read" in layer.name:
            layer.scale.assign([0.5, 0.5, 0.5])
    x = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
    table = kr.measure(model, x, columns=COLUMNS)
    np.testing.assert_allclose(table["mixing_forward"], 1, atol=1e-5)
    np.testing.assert_allclose(table["mixing_backward"], 1, atol=1e-3)


def test_lanes_are_copies_until_something_parts_them():
    model = network(kr.connections.hyper(streams=2, dynamic=False), depth=1)
    x = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
    copies = kr.measure(model, x, columns="lane_similarity")
    np.testing.assert_allclose(copies["lane_similarity"], 1, atol=1e-6)
    layer = model.get_layer("c_write1")
    layer.write.assign([0.0, 0.0])
    layer.mix.assign([[1.0, -1.0], [0.0, 0.0]])  # the second lane is the first, turned
    turned = kr.measure(model, x, columns="lane_similarity")
    np.testing.assert_allclose(turned["lane_similarity"], -1, atol=1e-6)


def test_a_unit_of_one_stream_has_no_lanes():
    table = kr.measure(network(None), np.ones((2, 4)), columns=COLUMNS)
    assert np.isnan(table["lane_similarity"]).all()
    assert any("no unit of several lanes" in note for note in table.notes)
