"""What each block is before training: its shortcut, nearly so, or something else.

A network of blocks that start as their shortcut is as deep as it learns to be. This
is the list of which do; a block that is not in it makes no such promise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pytest

import keras_residual as kr


def same(x: np.ndarray) -> np.ndarray:
    return x


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.0)


@dataclass(frozen=True)
class Start:
    """One row.

    Attributes:
        name: What starts so.
        make: Adds the block, of 4 channels, to a symbolic tensor.
        equals: What the block computes before training; `None` for something else.
        within: How far from it, as a share of the largest input.
        shape: Shape of the input, with the batch.
    """

    name: str
    make: Callable
    equals: Callable[[np.ndarray], np.ndarray] | None
    within: float = 0.0
    shape: tuple[int, ...] = (2, 6, 6, 4)


_zero = {"zero_init": True}
_copy = kr.dense(4, kernel_initializer="identity")
_wide = (2, 6, 6, 16)

STARTS = [
    # v1: the activation after the sum leaves only what is positive as it is
    Start("basic, zero init", kr.blocks.basic(4, **_zero), relu),
    Start("bottleneck, zero init", kr.blocks.bottleneck(4, **_zero), relu, 0.0, _wide),
    Start("basic", kr.blocks.basic(4), None),
    Start("bottleneck", kr.blocks.bottleneck(4), None, 0.0, _wide),
    *(
        Start(f"basic, zero init, {n}", kr.blocks.basic(4, norm=n, **_zero), relu)
        for n in ("layer", "group")
    ),
    # v2: nothing touches the stream
    Start("preactivation, zero init", kr.blocks.preactivation(4, **_zero), same),
    Start(
        "preactivation bottleneck, zero init",
        kr.blocks.preactivation_bottleneck(4, **_zero),
        same,
        0.0,
        _wide,
    ),
    Start("preactivation", kr.blocks.preactivation(4), None),
    Start(
        "preactivation bottleneck",
        kr.blocks.preactivation_bottleneck(4),
        None,
        0.0,
        _wide,
    ),
    Start("tabular", kr.blocks.tabular(4), None, 0.0, (6, 4)),
    # numbers at the end of a branch
    Start("ReZero", kr.Residual([kr.conv(4), kr.scale(0.0)]), same),
    Start("ReZero in a block", kr.blocks.preactivation(4, tail=kr.scale(0.0)), same),
    Start(
        "LayerScale",
        kr.Residual([_copy, kr.scale(1e-6, per="channel")]),
        same,
        1.1e-6,
    ),
    Start("fixed scale", kr.Residual([_copy, kr.scale(0.1, trainable=False)]), None),
    # gates begin nearly closed, and that is not closed
    Start("highway", kr.Residual(kr.conv(4), merge="gate"), None),
    Start("highway, two gates", kr.Residual(kr.conv(4), merge="two_gates"), None),
    # what is taught first
    *(
        Start(block.__name__, lambda x, block=block: block(x, 4), None)
        for block in (
            kr.residual_block,
            kr.residual_block_with_activation,
            kr.residual_block_with_batchnorm,
            kr.expanded_residual_block,
            kr.identity_residual_block,
        )
    ),
]


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.name)
def test_block_starts_as_stated(start):
    x = np.random.default_rng(3).normal(size=start.shape).astype("float32")
    inputs = keras.Input(start.shape[1:])
    model = keras.Model(inputs, start.make(inputs))
    y = keras.ops.convert_to_numpy(model(x, training=False))
    if start.equals is None:
        assert min(distance(y, x), distance(y, relu(x))) > 0.01
    else:
        assert distance(y, start.equals(x)) <= start.within


def distance(y: np.ndarray, x: np.ndarray) -> float:
    """The largest difference, as a share of the largest value."""
    return float(np.abs(y - x).max() / np.abs(x).max())


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize("shortcut", ["auto", "pooled_projection"])
def test_block_that_changes_shape_starts_as_its_shortcut(block, shortcut):
    """Only the branch starts at zero: the norm of the projection does not."""
    make = getattr(kr.blocks, block)
    inputs = keras.Input((5, 7, 3))
    y = make(4, stride=2, shortcut=shortcut, zero_init=True)(inputs, name="b")
    model = keras.Model(inputs, y)
    carried = keras.Model(inputs, model.get_layer("b_shortcut_norm1").output)
    x = np.random.default_rng(3).normal(size=(2, 5, 7, 3)).astype("float32")
    y, expected = (keras.ops.convert_to_numpy(m(x)) for m in (model, carried))
    assert np.abs(expected).max() > 0.1
    np.testing.assert_array_equal(y, relu(expected))


def test_network_with_zero_init_starts_as_one_without_branches():
    """ResNet-8 with its branches silent is its stem, its shortcuts and its head."""
    model = kr.models.build("resnet8", (8, 8, 3), 5, zero_init=True)
    x = np.random.default_rng(3).normal(size=(2, 8, 8, 3)).astype("float32")
    before = keras.ops.convert_to_numpy(model(x))
    for layer in model.layers:
        if "_branch_conv" in layer.name:
            layer.set_weights([np.ones_like(w) for w in layer.get_weights()])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(x)), before)


def weight(part, layer: str, name: str) -> np.ndarray:
    inputs = keras.Input((6, 6, 4))
    model = keras.Model(inputs, part(inputs, name="b"))
    values = {w.name: w.value for w in model.get_layer(layer).weights}
    return keras.ops.convert_to_numpy(values[name])


def test_numbers_start_as_given():
    assert weight(kr.scale(0.3), "b_scale1", "scale") == np.float32(0.3)
    per_channel = weight(kr.scale(0.3, per="channel"), "b_scale1", "kernel")
    np.testing.assert_array_equal(per_channel, np.float32([0.3] * 4))


def test_gates_start_as_given():
    gate = kr.Residual(kr.conv(4), merge=kr.merges.gate(bias=-3.0))
    assert (weight(gate, "b_merge_conv1", "bias") == -3.0).all()
    merge = kr.merges.two_gates(transform_bias=-3.0, carry_bias=1.0)
    two = kr.Residual(kr.conv(4), merge=merge)
    assert (weight(two, "b_merge_conv1", "bias") == 1.0).all(), "of the shortcut"
    assert (weight(two, "b_merge_conv2", "bias") == -3.0).all(), "of the branch"


@pytest.mark.parametrize(("merge", "carried"), [("gate", 0.88), ("two_gates", 0.88)])
def test_gates_carry_most_of_the_input_at_first(merge, carried):
    """1 - sigmoid(-2) is sigmoid(2) is 0.88: with kernels of zero, to both digits."""
    inputs = keras.Input((6, 6, 4))
    zero = kr.conv(4, kernel_initializer="zeros")
    model = keras.Model(inputs, kr.Residual(zero, merge=merge)(inputs))
    for layer in model.layers:
        if "_merge_conv" in layer.name:
            layer.kernel.assign(np.zeros(layer.kernel.shape))
    x = np.ones((1, 6, 6, 4), "float32")
    y = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(y, carried, atol=0.005)


@pytest.mark.parametrize(
    ("block", "shape"),
    [
        *((kr.blocks.inverted_residual(64), (6,) * rank) for rank in (1, 2, 3)),
        (kr.blocks.mbconv(64), (6, 6)),
        (kr.blocks.convmixer(64, kernel_size=5), (6, 6)),
        (kr.blocks.shufflenet_v2(128), (6, 6)),
        (kr.blocks.ghost(64, hidden=128, stride=2), (6, 6)),
        (kr.blocks.mobileone(64), (6, 6)),
    ],
    ids=str,
)
def test_a_depthwise_kernel_starts_by_the_channel_it_reads(block, shape):
    """He et al. 2015: the squares of what an output reads sum to 2, about."""
    inputs = keras.Input((*shape, 64))
    deep = [a for a in keras.Model(inputs, block(inputs)).layers if a.weights]
    deep = [a for a in deep if "depthwise" in a.name]
    assert deep
    for layer in deep:
        squares = keras.ops.convert_to_numpy(layer.kernel.value) ** 2
        width = layer.output.shape[-1]
        assert 1.0 < squares.sum() / width < 3.0
