"""No rule fails on any model, the time is linear, and our own networks are clean."""

import time

import keras
import numpy as np
import pytest
from graph.test_round_trip import PHASES, blocks, written
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_residual as kr
from keras_residual.checks import check

GROUPS = ["KR3", "KR4", "KR5"]

# What our own networks do on purpose, as `intended` takes it.
PUBLISHED = {
    # the projection and the last convolution of stage 1 have equal shapes (table 1)
    "KR502": ["stage1_block1_merge_add1"],
}


@settings(max_examples=6, deadline=None, phases=PHASES)
@given(st.lists(blocks(2), min_size=1, max_size=3))
def test_no_rule_fails_on_a_random_model(drawn):
    x = inputs = keras.Input((64, 4))
    width = 4
    for block in drawn:
        part, _, width = written(block, width)
        x = part(x)
    model = keras.Model(inputs, x)
    model.compile(keras.optimizers.AdamW(), "mse")
    check(model, np.ones((2, 64, 4), "float32"), steps=10)


def test_twenty_thousand_operations_take_linear_time():
    quarter, whole = deep(25), deep(100)
    taken, _ = timed(quarter)
    longer, findings = timed(whole)
    assert longer < 8 * taken
    assert {"KR101", "KR303", "KR307"} <= {finding.code for finding in findings}


def timed(model):
    start = time.process_time()
    findings = check(model, steps=10)
    return time.process_time() - start, findings


def deep(calls):
    """A model of `200 * calls` operations: one model of 50 units, called in a row."""
    inner = y = keras.Input((2,))
    for _ in range(50):
        z = keras.layers.BatchNormalization()(keras.layers.Dense(2)(y))
        z = keras.layers.ReLU()(z)
        y = keras.layers.Add()([y, z])
    block = keras.Model(inner, y)
    x = inputs = keras.Input((2,))
    for _ in range(calls):
        x = block(x)
    return keras.Model(inputs, x)


@pytest.mark.skipif(
    keras.backend.backend() == "jax",
    reason="JAX compiles each initialiser; the graphs are the same",
)
@pytest.mark.parametrize("name", ["resnet20", "resnet20_v2", "resnet50"])
def test_our_networks_are_clean(name):
    model = kr.models.build(name, input_shape=(32, 32, 3), classes=10)
    model.compile("sgd", "mse")
    assert check(model, select=GROUPS, intended=PUBLISHED, steps=1000) == []


@pytest.mark.parametrize(
    ("block", "codes"),
    [
        (kr.blocks.basic(4), set()),
        # its width is its input's, so its projection ends as its branch does
        (kr.blocks.bottleneck(4), {"KR502"}),
        (kr.blocks.preactivation(4), set()),
        (lambda x: kr.residual_block(x, 4), set()),
        (lambda x: kr.residual_block_with_activation(x, 4), set()),
        # the textbook's convolutions have a bias
        (lambda x: kr.residual_block_with_batchnorm(x, 4), {"KR303"}),
        (lambda x: kr.expanded_residual_block(x, 4), set()),
        (lambda x: kr.identity_residual_block(x, 4), set()),
    ],
)
def test_our_blocks_are_clean(block, codes):
    inputs = keras.Input((8, 8, 4))
    model = keras.Model(inputs, block(inputs))
    assert {finding.code for finding in check(model, select=GROUPS)} == codes
