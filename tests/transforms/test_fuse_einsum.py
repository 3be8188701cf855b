"""`EinsumDense` takes a scale along any axis of its kernel, and no other."""

import keras
import pytest
from keras import layers

import keras_residual as kr

from .fusing import fused, kinds
from .random_graphs import randomise

norm, constant = layers.BatchNormalization, lambda: layers.Rescaling(2.0, 0.5)
# Equation, what it returns of (5, 8), its bias, and what comes after it.
FOLDED = [
    ("btc,ts->bsc", (6, 8), None, lambda: norm(axis=1)),
    ("btc,ts->bsc", (6, 8), "c", lambda: norm(axis=1)),
    ("btc,ts->bsc", (6, 8), None, constant),
    ("btc,cd->bdt", (6, 5), "t", lambda: norm(axis=1)),
    ("btc,tcd->btd", (5, 6), None, lambda: norm(axis=1)),
    ("btc,tcd->btd", (5, 6), "t", norm),
    ("btc,cd->btd", (5, 6), "td", norm),
    ("btc,cde->btde", (5, 2, 3), "e", lambda: norm(axis=2)),
    ("btc,cde->btde", (5, 2, 3), None, norm),
    ("...c,cd->...d", 6, "d", norm),
    ("ab...,bc->ac...", 6, "c", lambda: norm(axis=1)),
    ("ab...,bc->ac...", 6, None, constant),
    ("ab...,b->ab...", 5, "b", lambda: norm(axis=1)),
]


@pytest.mark.parametrize(("equation", "shape", "bias", "scale"), FOLDED)
def test_a_scale_along_an_axis_of_the_kernel(equation, shape, bias, scale):
    x = keras.Input((5, 8))
    einsum = layers.EinsumDense(equation, shape, bias_axes=bias)
    assert kinds(fused(x, scale()(einsum(x))).model) == ["EinsumDense"]


@pytest.mark.parametrize(
    ("equation", "shape", "axis"),
    [("btc,ts->bsc", (6, 8), 2), ("btc,cd->btd", (5, 6), 1), ("btc,c->bt", (5,), 1)],
)
def test_a_scale_along_another_axis_stays(equation, shape, axis):
    x = keras.Input((5, 8))
    y = norm(axis=axis)(layers.EinsumDense(equation, shape)(x))
    done = kr.fuse(randomise(keras.Model(x, y)))
    assert not done.changes
    (left,) = done.left
    why = f"the kernel before it has no axis that it scales: {equation}"
    assert left.why == why


@pytest.mark.parametrize(
    ("equation", "shape"), [("abc,b->abc", (5, 8)), ("ab...,b->ab...", 5)]
)
def test_a_scale_of_an_inner_axis_with_its_bias(equation, shape):
    """Its bias has the shape `(5, 1)`."""
    x = keras.Input((5, 8))
    scale = layers.EinsumDense(equation, shape, bias_axes="b")
    y = scale(layers.EinsumDense("btc,ts->bsc", (5, 8))(x))
    (made,) = fused(x, y).model.layers[1:]
    assert made.equation == "btc,ts->bsc"


# Equation, what it returns of (5, 8), its bias, and what comes before it.
BEFORE = [
    ("btc,cd->btd", (5, 6), "d", norm),
    ("btc,cd->btd", (5, 6), None, norm),
    ("btc,cd->btd", (5, 6), "t", norm),
    ("btc,cde->btde", (5, 2, 3), "e", norm),
    ("btc,cd->bdt", (6, 5), "t", norm),
    ("btc,tcd->btd", (5, 6), None, lambda: norm(axis=1)),
    ("btc,ts->bsc", (6, 8), "s", lambda: norm(axis=1)),
    ("btc,cd->bd", (6,), None, lambda: layers.Rescaling(2.0)),
    ("...c,cd->...d", 6, "d", norm),
    ("btc,cd->btd", (5, 6), "d", constant),
]


@pytest.mark.parametrize(("equation", "shape", "bias", "scale"), BEFORE)
def test_a_scale_goes_into_the_kernel_after_it(equation, shape, bias, scale):
    x = keras.Input((5, 8))
    einsum = layers.EinsumDense(equation, shape, bias_axes=bias)
    assert kinds(fused(x, einsum(scale()(x))).model) == ["EinsumDense"]


@pytest.mark.parametrize(
    ("equation", "shape", "axis", "why"),
    [
        ("btc,cd->btd", (5, 6), 1, "the kernel after it has no axis that it scales"),
        ("btc,cd->bd", (6,), 2, "the EinsumDense after it adds up an axis of any size"),
    ],
)
def test_a_scale_before_that_stays_says_why(equation, shape, axis, why):
    x = keras.Input((5, 8))
    y = layers.EinsumDense(equation, shape)(norm(axis=axis)(x))
    (left,) = kr.fuse(randomise(keras.Model(x, y))).left
    assert left.why == f"{why}: {equation}"
