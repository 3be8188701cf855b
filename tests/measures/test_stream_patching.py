"""One unit's change from other examples does what the network makes of it."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph.numbers import array

from .nets import chain, dense, random

A, B = random(3, 3), random(3, 3, seed=1)
X, Y = random(4, 3, seed=2), random(4, 3, seed=3)
REST = (np.eye(3) + B, np.eye(3))


def changes(x):
    first = x @ A
    return first, (x + first) @ B


def close(found, expected):
    np.testing.assert_allclose(found, expected, 1e-4, 1e-5)


def test_the_effect_is_what_the_rest_makes_of_the_difference():
    model = chain(A, B)
    before = [array(w).copy() for w in model.weights]
    found = kr.stream.patching(model, X, Y, target=1, versus=2)
    pairs = zip(changes(X), changes(Y), REST, strict=True)
    moved = [(theirs - ours) @ rest for ours, theirs, rest in pairs]
    close(found.effect, [each[:, 1] - each[:, 2] for each in moved])
    outputs = [x @ (np.eye(3) + A) @ (np.eye(3) + B) for x in (X, Y)]
    clean, other = (y[:, 1] - y[:, 2] for y in outputs)
    close(found.clean, clean)
    close(found.other, other)
    close(found.share, found.effect.mean(1) / (other - clean).mean())
    assert "add1" in str(found)
    for was, now in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(was, array(now))


def test_the_logit_is_that_before_the_softmax_and_by_default_of_the_top():
    model = chain(A, B)
    soft = keras.Model(model.inputs, layers.Softmax()(model.output))
    top = array(model(X)).argmax(-1)
    close(
        kr.stream.patching(soft, X, Y).effect,
        kr.stream.patching(model, X, Y, target=top).effect,
    )


def test_a_metric_of_ones_own():
    model = chain(A, B)
    each = kr.stream.patching(model, X, Y, metric=lambda y: y[:, 0])
    close(each.effect, kr.stream.patching(model, X, Y, target=0).effect)
    whole = kr.stream.patching(model, X, Y, metric=lambda y: y[:, 0].mean())
    close(whole.effect.mean(1), each.effect.mean(1))
    with pytest.raises(kr.ResidualError, match="no number"):
        kr.stream.patching(model, X, Y, metric=lambda y: y)


def sequences():
    x = y = keras.Input((3, 3), name="x")
    for k, kernel in enumerate((A, B)):
        y = layers.Add(name=f"add{k}")([y, dense(kernel)(y)])
    return keras.Model(x, layers.GlobalAveragePooling1D()(y))


def test_one_position_at_a_time():
    x, y = random(2, 3, 3, seed=4), random(2, 3, 3, seed=5)
    found = kr.stream.patching(sequences(), x, y, target=0, by="position")
    pairs = zip(changes(x), changes(y), REST, strict=True)
    moved = [(theirs - ours) @ rest for ours, theirs, rest in pairs]
    close(found.effect, np.stack(moved)[..., 0] / 3)
    whole = kr.stream.patching(sequences(), x, y, target=0)
    close(whole.effect, found.effect.sum(-1))  # here all is linear
    assert {row["position"] for row in found.rows()} <= {"0", "1", "2"}


def test_the_change_of_a_unit_of_several_branches():
    x = keras.Input((3,), name="x")
    y = layers.Add(name="add")([x, dense(A)(x), dense(B)(x)])
    found = kr.stream.patching(keras.Model(x, y), X, Y, target=0)
    close(found.effect[0], ((Y - X) @ (A + B))[:, 0])


def test_batches_that_cannot_stand_side_by_side():
    with pytest.raises(kr.ResidualError, match="differ in shape"):
        kr.stream.patching(chain(A, B), X, Y[:2])
