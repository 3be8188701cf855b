"""The parts of a logit are what the formula says, and add up to the logit."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph.numbers import array

from .nets import chain, dense, random
from .stream_nets import (
    BETA,
    BIAS,
    EPSILON,
    GAMMA,
    HEAD,
    KERNELS,
    X,
    deviation,
    logits,
    normed,
    streams,
)

TARGET = np.arange(6) % 5


def close(found, expected, scale=None):
    scale = np.abs(expected).max() if scale is None else scale
    np.testing.assert_allclose(found, expected, 0, 1e-5 * scale)


def adds_up(found):
    close(found.values.sum(0), found.total, np.abs(found.values).sum(0).max())


def parts(rms):
    """Each part at every class, by the formula."""
    stream = streams(X)
    added = [stream[0], *np.diff(stream, axis=0)]
    if not rms:
        added = [each - each.mean(-1, keepdims=True) for each in added]
    scale = GAMMA / deviation(stream[-1], rms=rms)
    constant = np.broadcast_to((0 * BETA if rms else BETA) @ HEAD + BIAS, (6, 5))
    return np.stack([*((each * scale) @ HEAD for each in added), constant])


@pytest.mark.parametrize("rms", [False, True], ids=["layer norm", "RMS norm"])
def test_parts_behind_a_norm(rms):
    found = kr.stream.attribution(normed(rms=rms), X, target=TARGET, batch_size=3)
    assert found.parts == ("start", "add0", "add1", "add2", "constant")
    expected = parts(rms)[:, np.arange(6), TARGET]
    close(found.values, expected, np.abs(expected).sum(0).max())
    close(found.total, logits(streams(X)[-1], rms=rms)[np.arange(6), TARGET])
    adds_up(found)
    assert [row["adds"] for row in found.rows()] == pytest.approx(
        expected.mean(1), abs=1e-4
    )


def test_the_difference_of_two_classes_and_the_top_one():
    found = kr.stream.attribution(normed(activation=None), X, target=1, versus=3)
    expected = parts(rms=False)
    close(found.values, expected[..., 1] - expected[..., 3], np.abs(expected).max())
    top = logits(streams(X)[-1]).argmax(-1)
    found = kr.stream.attribution(normed(), X)
    close(found.values, expected[:, np.arange(6), top], np.abs(expected).max())


def test_a_norm_of_somebody_else_is_known_by_what_it_does():
    class Gemmas(layers.Layer):
        epsilon = EPSILON

        def call(self, x):
            mean = keras.ops.mean(keras.ops.square(x), axis=-1, keepdims=True)
            gamma = keras.ops.convert_to_tensor(GAMMA)
            return x * keras.ops.rsqrt(mean + self.epsilon) * gamma

    x = keras.Input((4,), name="x")
    y = x
    for kernel in KERNELS:
        y = layers.Add()([y, dense(kernel)(y)])
    head = layers.Dense(5, name="head")
    model = keras.Model(x, head(Gemmas()(y)))
    head.set_weights([HEAD, BIAS])
    found = kr.stream.attribution(model, X, target=2)
    expected = parts(rms=True)[..., 2]
    close(found.values, expected, np.abs(expected).sum(0).max())


def test_norms_between_units_are_held():
    x = y = keras.Input((4,), name="x")
    norms = []
    for k, kernel in enumerate(KERNELS):
        y = layers.Add(name=f"add{k}")([y, dense(kernel)(y)])
        norms.append(layers.LayerNormalization(epsilon=EPSILON))
        y = norms[-1](y)
    model = keras.Model(x, dense(HEAD, "head")(y))
    for norm in norms:
        norm.set_weights([GAMMA, BETA])
    found = kr.stream.attribution(model, X, target=0)
    assert found.parts == ("start", "add0", "add1", "add2", "constant")
    stream, terms = X.astype("float64"), [X.astype("float64")]
    constant = np.zeros((6, 4))
    for kernel in KERNELS:
        change = stream @ kernel
        stream, terms = stream + change, [*terms, change]
        over = GAMMA / deviation(stream)
        stream = (stream - stream.mean(-1, keepdims=True)) * over + BETA
        terms = [(each - each.mean(-1, keepdims=True)) * over for each in terms]
        constant = (constant - constant.mean(-1, keepdims=True)) * over + BETA
    expected = np.stack([each @ HEAD[:, 0] for each in (*terms, constant)])
    close(found.values, expected, np.abs(expected).sum(0).max())
    adds_up(found)


def test_pictures_are_read_at_all_positions():
    x = y = keras.Input((4, 4, 3), name="x")
    for k in range(2):
        change = layers.Conv2D(3, 3, padding="same", activation="relu")(y)
        y = layers.Add(name=f"add{k}")([y, change])
    norm = layers.BatchNormalization()
    y = layers.GlobalAveragePooling2D()(norm(y))
    model = keras.Model(x, layers.Dense(4, "softmax", name="head")(y))
    norm.set_weights([random(3, seed=k) ** 2 + 0.1 for k in range(4)])
    pictures = random(3, 4, 4, 3)
    found = kr.stream.attribution(model, pictures, target=1)
    adds_up(found)
    run = kr.run(model, pictures, keep=["add0/change", "add1/change"])
    gamma, beta, mean, variance = norm.get_weights()
    scale = gamma / np.sqrt(variance + norm.epsilon)
    kernel, bias = model.get_layer("head").get_weights()
    added = [pictures, run["add0/change"], run["add1/change"]]
    expected = [(each.mean((1, 2)) * scale) @ kernel[:, 1] for each in added]
    constant = (beta - mean * scale) @ kernel[:, 1] + bias[1]
    close(found.values, np.stack([*expected, np.full(3, constant)]))


@pytest.mark.parametrize("groups", [1, 2, -1], ids=["one", "pairs", "each channel"])
def test_parts_behind_a_norm_of_groups(groups):
    x = y = keras.Input((3, 3, 4), name="x")
    for k in range(2):
        change = layers.Conv2D(4, 3, padding="same", activation="relu")(y)
        y = layers.Add(name=f"add{k}")([y, change])
    norm = layers.GroupNormalization(groups, epsilon=EPSILON)
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 2)(norm(y)))
    model = keras.Model(x, layers.Dense(3, name="head")(y))
    norm.set_weights([GAMMA, BETA])
    pictures = random(2, 3, 3, 4)
    found = kr.stream.attribution(model, pictures, target=1)
    adds_up(found)

    conv, head = (model.layers[k].get_weights() for k in (-3, -1))
    run = kr.run(model, pictures, keep=["add0/change", "add1/change", "add1"])
    grouped = (2, 9, groups if groups > 0 else 4, -1)
    stream = run["add1"].astype("float64").reshape(grouped)
    spread = np.sqrt(stream.var((1, 3), keepdims=True) + EPSILON)
    for part, row in (("add0", 1), ("add1", 2)):
        change = run[f"{part}/change"].astype("float64").reshape(grouped)
        over = (change - change.mean((1, 3), keepdims=True)) / spread
        over = over.reshape(2, 3, 3, 4) * GAMMA
        windows = [over[:, i : i + 2, j : j + 2] for i in (0, 1) for j in (0, 1)]
        seen = [np.einsum("bijc,ijcd->bd", one, conv[0]) for one in windows]
        close(found.values[row], np.mean(seen, axis=0) @ head[0][:, 1])


def test_a_sequence_is_read_at_its_last_position_that_counts():
    model = normed(sequence=(3,), masked=True)
    values = random(2, 3, 4)
    values[0, 2] = 0
    expected = logits(streams(values)[-1])
    found = kr.stream.attribution(model, values, target=0)
    close(found.total, np.array([expected[0, 1, 0], expected[1, 2, 0]]))
    adds_up(found)
    first = kr.stream.attribution(model, values, target=0, position=0)
    close(first.total, expected[:, 0, 0])
    mean = kr.stream.attribution(model, values, target=0, position=None)
    close(mean.total, [expected[0, :2, 0].mean(), expected[1, :, 0].mean()])
    adds_up(mean)


def bent():
    """Activations behind every sum, as in the first ResNet."""
    x = y = keras.Input((4,), name="x")
    for k, kernel in enumerate(KERNELS):
        y = layers.Add(name=f"add{k}")([y, dense(kernel)(y)])
        y = layers.ReLU(name=f"relu{k}")(y)
    return keras.Model(x, dense(HEAD, "head")(y))


def test_what_is_not_linear_is_named_and_the_advice_works():
    with pytest.raises(kr.ResidualError, match='"relu2", ReLU') as refused:
        kr.stream.attribution(bent(), X)
    assert "at='add2', target=0" in str(refused.value)
    found = kr.stream.attribution(bent(), X, at="add2", target=0)
    assert found.parts == ("start", "add2", "constant")
    assert "relu1" in " ".join(found.notes)
    before = kr.run(bent(), X, keep=["add2/entry", "add2/change"])
    close(found.values[0], before["add2/entry"][:, 0])
    close(found.values[1], before["add2/change"][:, 0])


def test_a_rectifier_bends_though_made_up_numbers_may_all_lie_on_one_side():
    probed = np.random.default_rng(0).normal(size=(2, 4))
    assert (probed @ probed[0] > 0).all()  # the first two that are made up
    x = keras.Input((4,), name="x")
    y = layers.Add()([x, layers.Dense(4)(x)])
    bend = dense(np.outer(probed[0], [1.0, 2.0]), "relu")
    bend.activation = keras.activations.relu
    y = bend(y)
    with pytest.raises(kr.ResidualError, match="relu"):
        kr.stream.attribution(keras.Model(x, y), X)


def test_a_soft_cap_bends_though_it_hardly_does_here():
    model = normed(activation=None)
    capped = 30.0 * keras.ops.tanh(model.output / 30.0)
    with pytest.raises(kr.ResidualError, match="Tanh"):
        kr.stream.attribution(keras.Model(model.inputs, capped), X / 100)


def test_a_head_with_a_hidden_layer_is_refused():
    model = chain(*[k[:3, :3] for k in KERNELS])
    y = layers.Dense(6, "gelu", name="hidden")(model.output)
    model = keras.Model(model.inputs, layers.Dense(2, name="head")(y))
    with pytest.raises(kr.ResidualError, match='"hidden", Dense'):
        kr.stream.attribution(model, X[:, :3])


def test_the_model_stays_as_it_is():
    model = normed()
    head, before = model.get_layer("head"), [array(w) for w in model.weights]
    kr.stream.attribution(model, X)
    assert head.activation is keras.activations.softmax
    for was, now in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(was, array(now))


def test_what_is_not_there_is_refused():
    for wrong in ({"target": 5}, {"versus": -1}, {"target": np.zeros(6)}):
        with pytest.raises(kr.ResidualError, match="names no class"):
            kr.stream.attribution(normed(), X, **wrong)
    model = normed(sequence=(3,))
    with pytest.raises(kr.ResidualError, match="no such position"):
        kr.stream.attribution(model, random(2, 3, 4), position=3)
    with pytest.raises(kr.ResidualError, match="nothing behind it"):
        kr.stream.attribution(normed(), X, at="add1")
