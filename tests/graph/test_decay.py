"""Weight decay leaves alone what it must, in any model, and pulls the kernels."""

import keras
import numpy as np
import pytest

import keras_residual as kr


def of_ours() -> keras.Model:
    x = inputs = keras.Input((6, 6, 4))
    x = kr.blocks.basic(4)(x)
    x = kr.Residual([kr.norm("group"), kr.conv(4), kr.scale(0.5)])(x)
    x = kr.Residual([kr.depthwise(3), kr.scale(0.5, per="channel")], merge="gate")(x)
    x = kr.Residual(kr.parts.standardized_conv(4), merge="fusion")(x)
    x = kr.Residual([kr.conv(4), kr.parts.tanh_gate(0.5)], "projection")(x)
    return keras.Model(inputs, x)


def of_keras() -> keras.Model:
    inputs = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(9, 4)(inputs)
    x = keras.layers.Add()([x, keras.layers.MultiHeadAttention(2, 3)(x, x)])
    x = keras.layers.LayerNormalization(axis=[1, 2])(x)
    x = keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True))(x)
    inner = [keras.Input((6, 6)), keras.layers.Dense(2), keras.layers.PReLU()]
    return keras.Model(inputs, keras.Sequential(inner)(x))


def of_streams() -> keras.Model:
    inputs = keras.Input((6, 4))
    x = inputs
    for via in (kr.connections.hyper(2), kr.connections.attention()):
        x = kr.connect(x, [kr.dense(4)] * 2, via=via)
    return keras.Model(inputs, x)


MODELS = {"ours": of_ours, "keras": of_keras, "streams": of_streams}


@pytest.mark.parametrize("name", MODELS)
def test_decay_moves_kernels_and_nothing_else(name):
    """A step of AdamW with no gradient at all is nothing but decay."""
    model = MODELS[name]()
    rng = np.random.default_rng(0)
    for weight in model.trainable_variables:
        weight.assign(rng.uniform(0.5, 1.0, weight.shape))
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_list=kr.no_decay(model))
    model.compile(optimizer, lambda _, y: 0.0 * keras.ops.sum(y))
    weights = model.trainable_variables
    before = [keras.ops.convert_to_numpy(weight.value).copy() for weight in weights]
    x = np.ones((2, *model.input_shape[1:]), model.input.dtype)
    model.train_on_batch(x, np.zeros((2, *model.output_shape[1:]), "float32"))
    moved = {
        weight.path
        for weight, old in zip(weights, before, strict=True)
        if np.abs(keras.ops.convert_to_numpy(weight.value) - old).max() > 1e-3
    }
    decayed = ("kernel", "embeddings", "dynamic")
    assert moved == {w.path for w in weights if w.path.endswith(decayed) and _wide(w)}


def _wide(weight) -> bool:
    return len(weight.shape) > 1


def test_biases_of_attention_are_known_though_they_have_two_axes():
    found = {w.path.rpartition("/")[2] for w in kr.no_decay(of_keras())}
    assert found == {"bias", "gamma", "beta", "alpha"}
    shapes = [w.shape for w in kr.no_decay(of_keras()) if w.name == "bias"]
    assert any(len(shape) == 2 for shape in shapes)


def test_what_is_frozen_is_not_listed():
    model = of_ours()
    model.trainable = False
    assert kr.no_decay(model) == []
