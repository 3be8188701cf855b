"""Transformers start as GPT-2 does, read no later step, and keep masks."""

import keras
import numpy as np
import pytest

import keras_residual as kr

WIDE = 64


def started(part):
    """Returns the deviation of each kernel before training, by what it is in."""
    keras.utils.set_random_seed(2)
    x = keras.Input((4, WIDE))
    model = keras.Model(x, part(x, name="part"))
    return {
        "/".join(w.path.split("/")[-2:]): np.std(keras.ops.convert_to_numpy(w.value))
        for w in model.weights
        if w.name == "kernel"
    }


@pytest.mark.parametrize("how", [{}, {"groups": 2}], ids=["heads", "groups"])
def test_the_last_projection_of_attention_starts_smaller(how):
    spread = started(kr.parts.attention(4, depth=8, **how))
    last = spread.pop("attention_output/kernel")
    np.testing.assert_allclose(list(spread.values()), 0.02, rtol=0.1)
    np.testing.assert_allclose(last, 0.02 / 16**0.5, rtol=0.1)


def test_the_last_projection_of_a_perceptron_starts_smaller():
    first, last = started(kr.parts.mlp(depth=8)).values()
    np.testing.assert_allclose([first, last], [0.02, 0.02 / 16**0.5], rtol=0.1)


def test_a_block_hands_its_depth_to_its_branches_but_to_deepnorm():
    scaled = started(kr.blocks.transformer(4, depth=8))
    assert min(scaled.values()) < 0.006
    deep = started(kr.blocks.transformer(4, depth=8, placement="deepnorm"))
    assert min(deep.values()) > 0.02  # of Keras's own
    x = keras.Input((4, WIDE))
    model = keras.Model(x, kr.blocks.transformer(4, depth=8, placement="deepnorm")(x))
    scales = [la.scale for la in model.layers if isinstance(la, keras.layers.Rescaling)]
    assert scales == [2.0, 2.0]  # (2 * 8) ** (1 / 4)


def test_kernels_of_deepnorm_start_smaller_but_queries_and_keys():
    """Wang et al. 2022: by (8 N)^(-1/4), which is half for two layers."""
    own = started(kr.blocks.transformer(kr.parts.attention(4, groups=2)))
    made = kr.blocks.transformer(
        kr.parts.attention(4, groups=2), placement="deepnorm", depth=2
    )
    ratios = {name: value / own[name] for name, value in started(made).items()}
    assert len(ratios) == 6
    for name, ratio in ratios.items():
        same = name.startswith(("query", "key"))
        np.testing.assert_allclose(ratio, 1.0 if same else 0.5, rtol=1e-5)


def test_deepnorm_leaves_layers_alone_that_others_use():
    x, dense = keras.Input((4, 8)), keras.layers.Dense(8)
    dense(x)
    before = keras.ops.convert_to_numpy(dense.kernel.value).copy()
    kr.blocks.sublayer(dense, placement="deepnorm", depth=2)(x)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(dense.kernel.value), before
    )


BLOCKS = [
    *(
        pytest.param(
            kr.blocks.transformer(2, placement=placement, depth=2), id=placement
        )
        for placement in ("pre", "post", "res_post", "sandwich", "deepnorm")
    ),
    pytest.param(kr.blocks.transformer(kr.parts.attention(2, groups=1)), id="groups"),
    pytest.param(kr.blocks.parallel_transformer(2), id="parallel"),
    pytest.param(kr.blocks.macaron(2), id="macaron"),
]


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("block", BLOCKS)
def test_padded_steps_are_not_read_and_stay_padded(block):
    keras.utils.set_random_seed(3)
    tokens = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    y = block(x)
    model = keras.Model(tokens, [y, keras.layers.GlobalAveragePooling1D()(y)])
    seen = np.array([[3, 1, 4, 1, 0, 0]], "int32")
    y, mean = map(keras.ops.convert_to_numpy, model(seen))
    np.testing.assert_allclose(mean, y[:, :4].mean(1), atol=1e-6)
    model.layers[1].embeddings.assign(  # another vector for what is padded
        np.array(model.layers[1].embeddings) + np.eye(9, 4)[[0] + [8] * 8]
    )
    again = keras.ops.convert_to_numpy(model(seen)[0])
    np.testing.assert_allclose(again[:, :4], y[:, :4], atol=1e-6)


@pytest.mark.parametrize("how", [{}, {"groups": 1}], ids=["heads", "groups"])
def test_a_causal_step_reads_no_later_one(how):
    x = keras.Input((None, 4))
    attention = kr.parts.attention(2, causal=True, **how)
    model = keras.Model(x, kr.blocks.transformer(attention)(x))
    data = np.random.default_rng(0).normal(size=(1, 6, 4)).astype("float32")
    other = data.copy()
    other[:, 4:] += 1
    before, after = (keras.ops.convert_to_numpy(model(d)) for d in (data, other))
    np.testing.assert_allclose(after[:, :4], before[:, :4], atol=1e-6)
    assert np.abs(after[:, 4:] - before[:, 4:]).max() > 0.1


def test_what_is_given_as_initial_values_of_attention_counts():
    given = {"depth": 8, "kernel_initializer": "ones"}
    assert not any(started(kr.parts.attention(4, **given)).values())  # no spread


@pytest.mark.parametrize(
    "start", ["glorot_uniform", "he_normal", "random_normal", "orthogonal"]
)
def test_a_scaled_start_outlives_a_clone(start):
    """What was multiplied once would start in a clone as if it never had been."""
    dense = kr.dense(64, kernel_initializer=start)
    x = keras.Input((64,))
    scaled, plain = (
        keras.models.clone_model(keras.Model(x, part(x)))
        for part in (kr.parts.scaled_init(dense, 0.25), dense)
    )
    ratio = np.divide(*(np.std(model.get_weights()[0]) for model in (scaled, plain)))
    assert ratio == pytest.approx(0.25, rel=0.1)
