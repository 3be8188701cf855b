"""Shortcuts: what is easily got wrong in them, beside their equations."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_residual as kr


def computed(part, x: np.ndarray) -> np.ndarray:
    inputs = keras.Input(x.shape[1:])
    return keras.ops.convert_to_numpy(keras.Model(inputs, part(inputs))(x))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7])
def test_blur_keeps_what_is_even_up_to_the_border(size):
    """A kernel that is not divided by its sum, or pads with zeros, would not."""
    x = np.full((1, 7, 9, 2), 3.0, "float32")
    assert (computed(kr.parts.blur_pool(2, size), x) == 3.0).all()


def test_blur_moves_less_than_a_stride_as_its_input_moves():
    x = np.random.default_rng(0).normal(size=(4, 17, 17, 1)).astype("float32")

    def change(part) -> float:
        before, after = computed(part, x[:, 1:, 1:]), computed(part, x[:, :-1, :-1])
        return np.abs(before - after).mean() / np.abs(before).mean()

    assert change(kr.parts.blur_pool(2)) < 0.9 * change(kr.pool("max", 1, stride=2))


def test_blur_has_nothing_to_train():
    layer = kr.layers.BlurPool(2)
    layer(np.ones((1, 8, 8, 3), "float32"))
    assert layer.weights == []


def test_blur_follows_the_stride_of_the_branch_on_a_shortcut():
    block = kr.Residual([kr.conv(4, stride=3)], "blur_pool")
    inputs = keras.Input((9, 9, 4))
    model = keras.Model(inputs, block(inputs))
    (blur,) = (x for x in model.layers if isinstance(x, kr.layers.BlurPool))
    assert blur.strides == (3, 3)


def test_blur_is_a_pool_to_who_reads_the_graph():
    branch = [kr.conv(4), "relu", kr.parts.blur_pool(), kr.conv(8)]
    block = kr.Residual(branch, ["blur_pool", "projection"])
    inputs = keras.Input((8, 8, 4))
    (unit,) = kr.find_residuals(keras.Model(inputs, block(inputs)))
    assert (unit.kind, unit.stride) == ("pooled_projection", 2)


def test_space_to_depth_keeps_every_element():
    x = np.arange(2 * 6 * 4 * 3, dtype="float32").reshape(2, 6, 4, 3)
    y = computed(kr.parts.space_to_depth((3, 2)), x)
    assert y.shape == (2, 2, 2, 18)
    np.testing.assert_array_equal(np.sort(y.ravel()), x.ravel())
    assert set(y[0, 0, 0]) == set(x[0, :3, :2].ravel())


def test_factorized_reduction_reads_two_of_four_positions():
    """And a strided projection one of them."""

    def read(shortcut) -> set[tuple[int, ...]]:
        silent = kr.conv(2, stride=2, kernel_initializer="zeros")
        seen = np.eye(16, dtype="float32").reshape(16, 4, 4, 1)
        y = computed(kr.Residual(silent, shortcut), seen)
        return {divmod(n, 4) for n in range(16) if np.abs(y[n]).max() > 0}

    assert read("projection") == {(0, 0), (0, 2), (2, 0), (2, 2)}
    assert read("factorized_reduction") == {
        *((0, 0), (0, 2), (2, 0), (2, 2)),
        (1, 1),
    }, "and what moves in are zeros"


def test_factorized_reduction_is_the_identity_where_shapes_agree():
    block = kr.Residual(kr.conv(4), "factorized_reduction")
    inputs = keras.Input((8, 8, 4))
    names = [layer.name for layer in keras.Model(inputs, block(inputs)).layers]
    assert not any("shortcut" in name for name in names)


def test_low_rank_starts_as_the_identity_with_orthogonal_columns():
    silent = kr.conv(6, kernel_initializer="zeros")
    inputs = keras.Input((4, 4, 6))
    model = keras.Model(
        inputs, kr.Residual(silent, kr.shortcuts.low_rank(3))(inputs, name="b")
    )
    x = np.random.default_rng(1).normal(size=(2, 4, 4, 6)).astype("float32")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(x)), x)
    down = model.get_layer("b_shortcut_conv1").get_weights()[0][0, 0]
    # Menghani et al. 2024, section 3.3: 1 / sqrt(r D), D / r times in each column.
    np.testing.assert_allclose((3 * down).T @ (3 * down), np.eye(3), atol=1e-5)
    assert not model.get_layer("b_shortcut_conv2").get_weights()[0].any()


def test_the_maps_of_laurel_start_so_too():
    inputs = keras.Input((4, 6))
    via = kr.connections.laurel(rank=2, previous=1)
    model = keras.Model(inputs, kr.connect(inputs, [kr.dense(6)] * 2, via, name="c"))
    for down, up in model.get_layer("c_write2").pairs:
        columns = 2 * keras.ops.convert_to_numpy(down)
        np.testing.assert_allclose(columns.T @ columns, np.eye(2), atol=1e-5)
        assert not keras.ops.convert_to_numpy(up).any()


SUMS_OF_PADDINGS = """
import keras, numpy, keras_residual as kr
for stride in (1, 2):
    x = keras.Input((6, 6, 4))
    branch = [kr.conv(8, 1, stride=stride, padding="valid"), kr.dropout(0.1)]
    model = keras.Model(x, kr.Residual(branch, "zero_pad")(x))
    model.predict(numpy.ones((2, 6, 6, 4), "float32"), verbose=0)
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="its oneDNN")
def test_a_convolution_is_added_to_padded_channels():
    """oneDNN ends the whole process where it takes the padding's memory for the sum."""
    done = subprocess.run(
        [sys.executable, "-c", SUMS_OF_PADDINGS],
        env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
