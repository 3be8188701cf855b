"""Causal blocks read no later step and as many as published; they keep masks."""

import keras
import numpy as np
import pytest

import keras_residual as kr

RATES = (1, 2, 4)
STACKS = {
    "tcn": ([kr.blocks.tcn(2, 3, dilation_rate=d) for d in RATES], 1 + 2 * 2 * 7),
    "wavenet": (kr.blocks.wavenet(3, 2, dilation_rates=RATES), 1 + 7),
}


@pytest.mark.parametrize("name", STACKS)
def test_a_causal_stack_reads_the_published_number_of_steps(name):
    part, field = STACKS[name]
    keras.utils.set_random_seed(4)
    x = keras.Input((40, 2))
    model = keras.Model(x, kr.Residual(part, "none")(x))
    for weight in model.weights:  # nothing is cut off by a ReLU, or lost, on its way
        if weight.name in ("kernel", "scale"):
            weight.assign(np.full(weight.shape, 0.1 if "kernel" in weight.name else 1))
    data = np.ones((1, 40, 2), "float32")
    moved = data.copy()
    moved[0, 35] += 1
    before, after = (keras.ops.convert_to_numpy(model(d)) for d in (data, moved))
    changed = np.abs(after - before).max((0, 2)) > 0
    assert not changed[:35].any()
    assert changed[35:].all()
    moved = data.copy()
    moved[0, 39 - field] += 1  # one step too far away
    assert (keras.ops.convert_to_numpy(model(moved))[0, 39] == before[0, 39]).all()
    moved[0, 40 - field] += 1
    assert (keras.ops.convert_to_numpy(model(moved))[0, 39] != before[0, 39]).any()


def test_weight_norm_starts_as_its_initializer_drew():
    keras.utils.set_random_seed(5)
    x = keras.Input((8, 16))
    model = keras.Model(x, kr.blocks.tcn(16, 7)(x, name="block"))
    inside = [la for la in model.layers if isinstance(la, kr.layers.WeightNorm)]
    for layer in inside:
        kernel = keras.ops.convert_to_numpy(layer.layer.kernel.value)
        np.testing.assert_allclose(kernel.std(), 0.01, rtol=0.1)
        lengths = np.sqrt((kernel.astype("float64") ** 2).sum((0, 1)))
        scale = keras.ops.convert_to_numpy(layer.scale.value)
        np.testing.assert_allclose(scale, lengths, rtol=1e-5)
    assert len(inside) == 2


def test_dropout_per_channel_drops_whole_channels():
    x = keras.Input((6, 50))
    model = keras.Model(x, kr.dropout(0.5, seed=1, per="channel")(x))
    y = keras.ops.convert_to_numpy(model(np.ones((4, 6, 50), "float32"), training=True))
    assert (y == y[:, :1]).all()
    assert 60 < (y[:, 0] == 0).sum() < 140


KEPT = {
    "tcn": kr.blocks.tcn(4, 2),
    "wavenet": kr.blocks.wavenet(4, dilation_rates=(1, 2)),
    "time series": kr.blocks.time_series(4),
    "InceptionTime": kr.blocks.inception_time(1, modules=1, kernel_sizes=(3, 2, 2)),
}


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("name", KEPT)
def test_masks_are_kept(name):
    tokens = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    y = KEPT[name](x)
    model = keras.Model(tokens, [y, keras.layers.GlobalAveragePooling1D()(y)])
    y, mean = map(
        keras.ops.convert_to_numpy, model(np.array([[3, 1, 4, 1, 0, 0]], "int32"))
    )
    np.testing.assert_allclose(mean, y[:, :4].mean(1), atol=1e-6)


def test_the_linter_can_be_told_that_it_is_intended():
    x = keras.Input((8, 4))
    model = keras.Model(x, kr.blocks.tcn(4)(x, name="tcn"))
    assert {found.code for found in kr.check(model)} == {"KR101"}
    assert not kr.check(model, intended={"KR101": ["tcn*"]})


def test_a_context_moves_a_sequence_of_either_data_format():
    def made(*shapes):
        x, context = map(keras.Input, shapes)
        y = kr.blocks.gated_residual(5, context=context)(x, name="block")
        return keras.Model([x, context], y)

    model = made((6, 5), (6, 3))
    keras.config.set_image_data_format("channels_first")
    first = made((5, 6), (3, 6))
    first.set_weights(model.get_weights())
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(2, 6, n)).astype("float32") for n in (5, 3)]
    turned = first([each.swapaxes(1, 2) for each in data])
    y, turned = map(keras.ops.convert_to_numpy, (model(data), turned))
    np.testing.assert_allclose(turned.swapaxes(1, 2), y, atol=1e-6)
