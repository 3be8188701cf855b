"""No mask is lost: a block hands on the mask of its input, flat or nested."""

import keras
import numpy as np
import pytest

import keras_residual as kr


def masked(block):
    tokens = keras.Input((10,), dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(tokens)
    y = block(x)
    mean = keras.layers.GlobalAveragePooling1D()(y)
    model = keras.Model(tokens, [y, mean])
    return model, np.array([[1, 2, 3, 1, 2, 0, 0, 0, 0, 0]], "int32")


MASKED = [
    pytest.param(kr.Residual(kr.dense(4)), slice(5), id="kept by the branch"),
    pytest.param(kr.Residual(kr.conv(4)), slice(5), id="lost by the branch"),
    pytest.param(kr.Residual(kr.conv(8)), slice(5), id="lost by both paths"),
    pytest.param(kr.Residual(kr.conv(8, stride=2)), slice(3), id="strided"),
    pytest.param(
        kr.Residual(kr.conv(4, padding="valid"), "crop"), slice(4), id="cropped"
    ),
]
PARTS = {
    "batch norm": kr.norm(),
    "layer norm": kr.norm("layer"),
    "group norm": kr.norm("group"),
    "rms norm": kr.norm("rms"),
    "dense": kr.dense(3),
    "activation": kr.act("gelu"),
    "function": kr.act(lambda x: keras.ops.clip(x, 0, 1)),
    "scaled activation": kr.parts.scaled_act("relu"),
    "dropout": kr.dropout(0.1),
    "dropout of channels": kr.dropout(0.1, per="channel"),
    "drop path": kr.drop_path(0.1),
    "drop path, paper": kr.drop_path(0.1, rescale="paper"),
    "shake drop": kr.parts.shake_drop(0.1),
    "scale": kr.scale(1.0),
    "fixed scale": kr.scale(0.1, trainable=False),
    "layer scale": kr.scale(1.0, per="channel"),
    "affine": kr.parts.affine(),
    "tanh gate": kr.parts.tanh_gate(1.0),
    "squeeze and excitation": kr.parts.squeeze_excite(),
    "channel attention": kr.parts.eca(),
    "response norm": kr.parts.grn(),
    "attention": kr.parts.attention(2),
    "attention, inner norm": kr.parts.attention(2, norm="rms"),
    "perceptron, inner norm": kr.parts.mlp(norm="rms"),
    "steered": kr.parts.adaln_zero(kr.dense(4), keras.layers.GlobalMaxPooling1D()),
    "parallel": kr.parts.parallel([kr.dense(4), kr.conv(4)]),
    "padded": kr.parts.padded(kr.dense(4), 4),
    "convmixer": kr.blocks.convmixer(4),
    "shufflenet": kr.blocks.shufflenet_v2(4),
}
MASKED += [pytest.param(part, slice(5), id=name) for name, part in PARTS.items()]


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_no_layer_keeps_a_mask_that_is_not_there(part):
    inputs = keras.Input((10, 4))
    model = keras.Model(inputs, part(inputs))
    assert not [la for la in model.layers if isinstance(la, kr.layers.KeepMask)]


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("wrap", [lambda block: block, kr.nest], ids=["flat", "nested"])
@pytest.mark.parametrize(("block", "steps"), MASKED)
def test_the_mask_is_kept(block, steps, wrap):
    model, tokens = masked(wrap(block))
    y, mean = map(keras.ops.convert_to_numpy, model(tokens))
    np.testing.assert_allclose(mean, y[:, steps].mean(axis=1), atol=1e-6)


ATTENTIVE = {
    "over channels and places": kr.parts.cbam(2, kernel_size=3),
    "behind an rms norm": lambda x: kr.parts.attention(2)(kr.norm("rms")(x)),
    "behind a layer scale": lambda x: kr.parts.attention(2)(
        kr.scale(1.0, per="channel")(x)
    ),
    "behind two ways": lambda x: kr.parts.attention(2)(
        kr.parts.parallel([kr.dense(4), kr.conv(4, 1)])(x)
    ),
    "steered": kr.parts.adaln_zero(
        kr.parts.attention(2), keras.layers.GlobalAveragePooling1D()
    ),
}


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("wrap", [lambda block: block, kr.nest], ids=["flat", "nested"])
@pytest.mark.parametrize("part", ATTENTIVE.values(), ids=ATTENTIVE)
def test_attention_sees_no_padding(part, wrap):
    """What is masked is larger than all else, and beside what is not."""

    def network(steps: int) -> keras.Model:
        inputs = keras.Input((steps, 4))
        x = keras.layers.Masking(9.0)(inputs)
        return keras.Model(inputs, wrap(part)(x))

    draw = np.random.default_rng(0)
    x = draw.normal(size=(2, 7, 4)).astype("float32")
    x[:, 4:] = 9.0
    long, short = network(7), network(4)
    # Answers of about 1, so that rounding stays below the bound on every backend.
    long.set_weights([draw.normal(scale=0.3, size=w.shape) for w in long.get_weights()])
    short.set_weights(long.get_weights())
    found, expected = (
        keras.ops.convert_to_numpy(net(y)) for net, y in ((long, x), (short, x[:, :4]))
    )
    np.testing.assert_allclose(found[:, :4], expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_a_nested_block_hands_the_mask_to_what_reads_it():
    recurrent = keras.layers.LSTM(4, return_sequences=True)
    model, tokens = masked(kr.nest(kr.Residual([kr.conv(4), recurrent])))
    flat, _ = masked(kr.Residual([kr.conv(4), recurrent]))
    flat.set_weights(model.get_weights())
    for found, expected in zip(model(tokens), flat(tokens), strict=True):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (found, expected)))


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("depth", [1, 2])
def test_the_mask_is_kept_behind_nested_models(depth):
    inner = keras.Input((10, 4))
    before = keras.Model(inner, keras.layers.Dense(4)(inner))
    for _ in range(depth - 1):
        inner = keras.Input((10, 4))
        before = keras.Model(inner, before(inner))
    model, tokens = masked(lambda x: kr.Residual(kr.conv(4))(before(x)))
    y, mean = map(keras.ops.convert_to_numpy, model(tokens))
    np.testing.assert_allclose(mean, y[:, :5].mean(axis=1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_no_mask_is_invented_behind_a_model_that_loses_it():
    inner = keras.Input((10, 4))
    before = keras.Model(inner, keras.layers.Conv1D(4, 3, padding="same")(inner))
    model, tokens = masked(lambda x: kr.Residual(kr.conv(4))(before(x)))
    assert not [la for la in model.layers if isinstance(la, kr.layers.KeepMask)]
    y, mean = map(keras.ops.convert_to_numpy, model(tokens))
    np.testing.assert_allclose(mean, y.mean(axis=1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_a_path_without_steps_has_no_mask_to_keep():
    tokens = keras.Input((10,), dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(tokens)
    last = kr.Residual(keras.layers.LSTM(3), kr.pool("global_average"), "concatenate")
    assert last(x).shape == (None, 7)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("wrap", [lambda block: block, kr.nest], ids=["flat", "nested"])
def test_a_kept_mask_survives_saving(wrap, tmp_path):
    model, tokens = masked(wrap(kr.Residual(kr.conv(4, padding="valid"), "crop")))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    expected, found = (
        keras.ops.convert_to_numpy(m(tokens)[1]) for m in (model, loaded)
    )
    np.testing.assert_array_equal(found, expected)
