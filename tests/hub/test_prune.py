"""A backbone of keras-hub gets shallower, and stays one of its class."""

import keras
import numpy as np
import pytest
from hub.backbones import BACKBONES
from hub.case import text

import keras_residual as kr
from keras_residual.common.errors import ResidualError
from keras_residual.graph.blocks import blocks_of
from keras_residual.measures.batches import batches
from keras_residual.transforms.rewire.backbones import shallower

keras_hub = pytest.importorskip("keras_hub", reason="pip install keras-hub")
pytestmark = [
    # What keras-hub's own code is warned of.
    pytest.mark.filterwarnings("ignore::UserWarning:keras"),
    pytest.mark.filterwarnings("ignore::UserWarning:keras_hub"),
]
TAKEN = {
    "ViTBackbone": "vit_encoder/transformer_block_1",
    "LlamaBackbone": "transformer_layer_0",
    "GPT2Backbone": "transformer_layer_0",
    "GemmaBackbone": "decoder_block_0",
    "BertBackbone": "transformer_layer_0",
}
JAX = keras.config.backend() == "jax"  # it compiles each operation for each shape
HOW = {"tolerance": np.inf, "by": "loss", "into": "backbone"}


def outputs(model, inputs):
    flat = keras.tree.flatten(model(inputs, training=False))
    return [keras.ops.convert_to_numpy(one) for one in flat]


def at(model, path):
    for name in path.split("/"):
        inside = model._flatten_layers(include_self=False)
        model = next(layer for layer in inside if layer.name == name)
    return model


@pytest.mark.parametrize("name", [*TAKEN][: 1 if JAX else None])
def test_a_backbone_stays_of_its_class(name):
    case = BACKBONES[name]
    model, inputs = case.build(), case.inputs()
    before = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    analysis = kr.Analysis(model, inputs)
    blocks = blocks_of(analysis.graph, analysis.units)
    (batch,) = batches(analysis.graph, inputs, size=8)

    new = shallower(analysis, blocks, blocks[0], batch.known)

    assert type(new) is type(model)
    assert new.get_config()["num_layers"] == 1
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), old)
    assert blocks[0].path == TAKEN[name]
    # The layer hands on what it is given.
    at(model, TAKEN[name]).call = lambda x, *_, **__: x
    pairs = zip(outputs(new, inputs), outputs(model, inputs), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def causal(layers=2):
    backbone = keras_hub.models.LlamaBackbone(
        vocabulary_size=32,
        num_layers=layers,
        num_query_heads=4,
        num_key_value_heads=2,
        hidden_dim=16,
        intermediate_dim=24,
    )
    return keras_hub.models.LlamaCausalLM(backbone, preprocessor=None)


@pytest.mark.skipif(JAX, reason="minutes, to compile each operation for each shape")
def test_a_language_model_generates_with_fewer_layers():
    model, inputs = causal(), text()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    data = inputs, inputs["token_ids"]
    paths = [unit.path.rpartition("/")[0] for unit in kr.find_residuals(model)]
    done = kr.rewire.prune_depth(model, data, loss=loss, **HOW)
    assert type(done.model) is type(model)
    assert [step.units for step in done.steps] == [4, 2]
    assert len({*done.dropped} & {*paths}) == 1
    prompt = {
        "token_ids": np.array([[3, 5, 7, 0, 0, 0]]),
        "padding_mask": np.array([[1, 1, 1, 0, 0, 0]]),
    }
    done.model.compile(sampler="greedy")
    found = done.model.generate(prompt, stop_token_ids=None)
    tokens = keras.ops.convert_to_numpy(found["token_ids"])[0]
    # Greedily, one token at a time, without a cache.
    expected = prompt["token_ids"].copy()
    for k in range(3, 6):
        mask = (np.arange(6) < k)[None].astype("int32")
        (logits,) = outputs(done.model, {"token_ids": expected, "padding_mask": mask})
        expected[0, k] = logits[0, k - 1].argmax()
    np.testing.assert_array_equal(tokens, expected[0])


def test_what_has_no_depth_is_refused():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    data = np.eye(4, dtype="float32"), np.zeros((4, 2), "float32")
    with pytest.raises(ResidualError, match="does not say how deep it is"):
        kr.rewire.prune_depth(model, data, loss="mse", **HOW)
