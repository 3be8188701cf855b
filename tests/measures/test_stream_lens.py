"""The lens is the read-out's own formula at every depth."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .nets import dense, random
from .stream_nets import X, logits, normed, softmax, streams

LABELS = np.arange(6) % 5


def close(found, expected):
    np.testing.assert_allclose(found, expected, 1e-4, 1e-5)


def shares():
    return np.stack([softmax(logits(s)) for s in streams(X)])


def test_it_reads_every_depth_with_the_statistics_of_that_depth():
    found, p = kr.stream.lens(normed(), (X, LABELS)), shares()
    assert found.points == ("start", "add0", "add1", "add2")
    np.testing.assert_array_equal(found.top, p.argmax(-1))
    close(found.probability, p.max(-1))
    close(found.entropy, -(p * np.log(p)).sum(-1))
    close(found.kl, (p[-1] * np.log(p[-1] / p)).sum(-1))
    close(found.loss, -np.log(p[:, np.arange(6), LABELS]))
    close(found.right, p.argmax(-1) == LABELS)
    close(found.agreement, (p.argmax(-1) == p[-1].argmax(-1)).mean(1))
    close([row["loss"] for row in found.rows()], found.loss.mean(1))


def test_the_end_is_what_the_model_answers():
    model = normed()
    found = kr.stream.lens(model, X, batch_size=3)  # and batches are joined
    own = keras.ops.convert_to_numpy(model(X))
    close(found.probability[-1], own.max(-1))
    close(found.kl[-1], 0)
    assert found.loss is None
    assert "accuracy" not in str(found)


@pytest.mark.parametrize("last", [None, "layer", "log"])
def test_however_probabilities_are_made_logits_are_the_same(last):
    model = normed(activation=None)
    y = model.outputs[0]
    if last == "layer":
        y = layers.Softmax(dtype="float32")(y)
    elif last == "log":
        y = keras.ops.log_softmax(y)
    found = kr.stream.lens(keras.Model(model.inputs, y), X)
    close(found.probability, shares().max(-1))
    assert bool(found.notes) == (last is None)  # logits are guessed, and it is said


def test_one_sigmoid_is_two_classes():
    x = keras.Input((4,), name="x")
    y = layers.Add()([x, dense(random(4, 4))(x)])
    y = layers.Dense(1, "sigmoid", name="head")(y)
    model = keras.Model(x, y)
    found = kr.stream.lens(model, (X, LABELS % 2))
    p = keras.ops.convert_to_numpy(model(X))[:, 0]
    close(found.probability[-1], np.maximum(p, 1 - p))
    close(found.loss[-1], -np.log(np.where(LABELS % 2, p, 1 - p)))


def test_labels_in_every_form():
    forms = [LABELS, LABELS[:, None], np.eye(5)[LABELS]]
    found = [kr.stream.lens(normed(), (X, labels)).loss for labels in forms]
    for other in found[1:]:
        close(other, found[0])


def test_positions_masks_and_weights_count_in_the_means():
    model = normed(sequence=(3,), masked=True)
    values = random(2, 3, 4)
    values[0, 2] = 0  # masked
    found = kr.stream.lens(model, (values, np.zeros((2, 3)), np.array([1.0, 3.0])))
    assert found.top.shape == (4, 2, 3)
    expected = -np.log(softmax(logits(streams(values)[-1]))[..., 0])
    weights = np.array([[1, 1, 0], [3, 3, 3]])
    mean = (expected * weights).sum() / weights.sum()
    assert found.rows()[-1]["loss"] == pytest.approx(mean, rel=1e-4)


def test_classes_that_come_first():
    x = keras.Input((4, 5, 5), name="x")
    y = layers.Add()([x, layers.Activation("tanh")(x)])
    conv = layers.Conv2D(3, 1, data_format="channels_last", activation="softmax")
    y = layers.Permute((3, 1, 2))(conv(layers.Permute((2, 3, 1))(y)))
    found = kr.stream.lens(keras.Model(x, y), random(2, 4, 5, 5))
    assert found.top.shape[:2] == (2, 2)


def test_the_trunk_is_run_once():
    calls = []

    class Watched(layers.Layer):
        def call(self, x):
            calls.append(1)
            return x * 0.5

    x = y = keras.Input((4,), name="x")
    for _ in range(3):
        y = layers.Add()([y, Watched()(y)])
    model = keras.Model(x, layers.Dense(3, "softmax")(y))
    analysis = kr.Analysis(model)
    assert len(analysis.units) == 3
    calls.clear()
    kr.stream.lens(analysis, X, batch_size=2)
    three_batches, agreement = 3 * 3, 2 * 3
    assert len(calls) == three_batches + agreement


def test_several_streams_are_named_and_chosen():
    x = y = keras.Input((4,), name="x")
    for k, width in enumerate((4, 4, 3, 3)):
        carried = y if y.shape[-1] == width else dense(random(4, 3))(y)
        change = layers.Dense(width, "tanh")(y)
        y = layers.Add(name=f"add{k}")([carried, change])
    model = keras.Model(x, y)
    found = kr.stream.lens(model, X)
    assert found.points == ("start", "add2", "add3")
    assert 'stream="add1"' in " ".join(found.notes)
    other = kr.stream.lens(model, X, stream="add0")
    assert other.points == ("start", "add0", "add1")
    close(found.probability[-1], other.probability[-1])
    with pytest.raises(kr.ResidualError, match="no stream has"):
        kr.stream.lens(model, X, stream="dense")


def test_what_is_no_distribution_is_refused():
    x = keras.Input((4,), name="x")
    y = layers.Add()([x, layers.Dense(4)(x)])
    with pytest.raises(kr.ResidualError, match="no distribution"):
        kr.stream.lens(keras.Model(x, layers.Dense(1)(y)), X)
    for bent in (layers.Dense(2, "tanh"), layers.ReLU()):
        with pytest.raises(kr.ResidualError, match=r"\) with a (tanh|relu)"):
            kr.stream.lens(keras.Model(x, bent(y)), X)
    with pytest.raises(kr.ResidualError, match="no residual stream"):
        kr.stream.lens(keras.Model(x, layers.Dense(2)(x)), X)
    with pytest.raises(kr.ResidualError, match="labels do not fit"):
        kr.stream.lens(normed(), (X, LABELS + 1))
    shares = np.tile([0.5, 0.5, 0, 0, 0], (len(X), 1))
    assert kr.stream.lens(normed(), (X, shares)).loss is not None
    for wrong in (2 * shares, shares - 0.5):
        with pytest.raises(kr.ResidualError, match="labels do not fit"):
            kr.stream.lens(normed(), (X, wrong))
    with pytest.raises(kr.ResidualError, match="does not reach"):
        kr.stream.lens(normed(), X, output=1)
