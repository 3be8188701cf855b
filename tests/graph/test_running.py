"""A graph that is run operation by operation computes what the model does."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual import measures
from keras_residual.graph.graph import Graph
from keras_residual.graph.running import Runner


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def tokens(*shape):
    return np.random.default_rng(3).integers(0, 4, shape)


def run(model, *values):
    """Returns the outputs of our runner for a model's inputs in order."""
    graph = Graph(model)
    inputs = [op for op in graph.ops if not op.sources]
    known = {
        op.index: keras.ops.convert_to_tensor(value, dtype=op.dtype)
        for op, value in zip(inputs, values, strict=True)
    }
    found = Runner(graph).outputs(known)
    return [keras.ops.convert_to_numpy(each) for each in found]


def agrees(model, *values):
    expected = model(list(values) if len(values) > 1 else values[0], training=False)
    found = run(model, *values)
    for ours, theirs in zip(found, keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(theirs), 1e-5, 1e-5)
    return found


def test_a_network_of_ours():
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, kr.blocks.basic(4, stride=2)(inputs))
    agrees(model, random(2, 8, 8, 3))


def test_nested_and_shared_models():
    a = keras.Input((4,))
    block = keras.Model(a, [a + layers.Dense(4)(a), layers.ReLU()(a)])
    x = keras.Input((4,))
    first, second = block(x)
    agrees(keras.Model(x, [*block(first), second]), random(3, 4))


def test_operations_with_several_outputs_and_several_arguments():
    x, y = keras.Input((6,)), keras.Input((6,))
    left, right = keras.ops.split(x, 2, axis=1)
    joined = keras.ops.where(right > 0, left, keras.ops.concatenate([y], 1)[:, :3])
    agrees(keras.Model([x, y], [joined, left * 2.0]), random(3, 6), random(3, 6))


def test_inference_whatever_the_graph_says():
    x = keras.Input((4,))
    y = layers.Dropout(0.5)(layers.BatchNormalization()(x), training=True)
    agrees(keras.Model(x, y), random(3, 4))


def sums(first, second):
    """A model of two listed inputs that tells them apart."""
    a, b = keras.Input((4,), name=first), keras.Input((4,), name=second)
    return keras.Model([a, b], layers.Add()([a, layers.Rescaling(3.0)(b)]))


def test_a_nested_model_reads_a_dict_by_names():
    x, y = keras.Input((4,)), keras.Input((4,))
    inner = sums("z", "a")  # listed in another order than the keys are sorted
    model = keras.Model([x, y], layers.Add()([x, inner({"z": x, "a": y})]))
    given = random(3, 4), random(3, 4, seed=1)
    (found,) = agrees(model, *given)
    np.testing.assert_allclose(found, 2 * given[0] + 3 * given[1], 1e-5)


@pytest.mark.parametrize(
    ("outer", "inner", "value"),
    [
        ({"shape": (4,), "dtype": "uint8"}, (4,), tokens(3, 4).astype("uint8")),
        ({"shape": (4,)}, (4, 1), random(3, 4)),
        ({"shape": (4, 1)}, (4,), random(3, 4, 1)),
    ],
)
def test_a_nested_model_takes_what_it_is_given_as_its_own_kind(outer, inner, value):
    x, a = keras.Input(**outer), keras.Input(inner)
    block = keras.Model(a, a + layers.Dense(a.shape[-1])(a))
    agrees(keras.Model(x, block(x)), value)


@pytest.mark.filterwarnings("ignore:Layer .* does not support masking")
@pytest.mark.parametrize("made", [False, True])
def test_a_nested_model_is_given_a_mask(made):
    x, given = keras.Input((5, 3)), keras.Input((5,), dtype="bool")
    a = keras.Input((5, 3))
    inner = keras.Model(a, a + layers.LSTM(3, return_sequences=True)(a))
    mask = keras.ops.logical_not(given) if made else given
    pooled = layers.GlobalAveragePooling1D()(layers.Add()([x, inner(x, mask=mask)]))
    values = random(3, 5, 3), np.arange(5) < np.array([[2], [3], [4]])
    found = agrees(keras.Model([x, given], pooled), *values)
    other = run(keras.Model([x, given], pooled), values[0], values[1][::-1])
    assert np.abs(found[0] - other[0]).max() > 1e-3  # the mask mattered


@pytest.mark.filterwarnings("ignore:Layer .* does not support masking")
def test_masks_that_the_layers_hand_on():
    words = keras.Input((5,), dtype="int32")
    x = layers.Embedding(4, 6, mask_zero=True)(words)
    x = kr.Residual(kr.conv(6, 3))(x)  # a convolution drops the mask, we keep it
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    x = x + layers.MultiHeadAttention(2, 3)(x, x)
    model = keras.Model(words, layers.GlobalAveragePooling1D()(x))
    data = tokens(3, 5)
    data[:, -1] = 0
    (found,) = agrees(model, data)
    data[:, -1] = 1
    assert np.abs(run(model, data)[0] - found).max() > 1e-3  # the mask mattered


def test_masks_that_are_inputs():
    x, allowed = keras.Input((5, 6)), keras.Input((5,), dtype="bool")
    square = keras.ops.logical_and(allowed[:, :, None], allowed[:, None, :])
    y = x + layers.MultiHeadAttention(2, 3)(x, x, attention_mask=square)
    inner = keras.Model([x, allowed], y)
    a, b = keras.Input((5, 6)), keras.Input((5,), dtype="bool")
    model = keras.Model([a, b], inner([a, b]))
    mask = np.arange(5)[None] < np.array([[2], [3]])
    (found,) = agrees(model, random(2, 5, 6), mask)
    everything = run(model, random(2, 5, 6), np.ones((2, 5), bool))[0]
    assert np.abs(everything - found).max() > 1e-3


def test_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(4, dtype="float32")(layers.Dense(4)(x)))
    agrees(model, random(3, 4))


def test_values_are_let_go():
    x = inputs = keras.Input((4,))
    for _ in range(20):
        x = layers.Add()([x, layers.ReLU()(layers.Dense(4)(x))])
    graph = Graph(keras.Model(inputs, x))
    merges = {op.index for op in graph.ops if op.kind == "add"}
    alive = [
        len(values)
        for _, values in Runner(graph).run({0: keras.ops.ones((2, 4))}, merges)
    ]
    assert len(alive) == 20
    assert max(alive) == 3  # the sum and what it read


def test_a_run_begins_anywhere():
    x = keras.Input((4,))
    first = layers.Dense(4)
    second = layers.Dense(4)
    model = keras.Model(x, second(layers.ReLU()(first(x))))
    value = random(2, 4)
    (found,) = Runner(Graph(model)).outputs({2: keras.ops.convert_to_tensor(value)})
    expected = keras.ops.convert_to_numpy(second(value))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, 1e-5)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="the graph is the same, and TensorFlow builds it fastest",
)
@pytest.mark.parametrize(
    "name",
    ["ResNet50", "MobileNetV3Small", "EfficientNetB0", "ConvNeXtTiny", "DenseNet121"],
)
def test_networks_of_others(name):
    model = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    agrees(model, random(1, 32, 32, 3))


class Secret(keras.Model):
    """A functional model whose call does something else."""

    def call(self, inputs, **more):
        return 2 * super().call(inputs, **more)


def test_a_run_that_differs_from_the_model_is_not_believed():
    x = keras.Input((4,), name="x")
    model = Secret(x, layers.Add(name="add")([x, layers.Dense(4)(x)]), name="net")
    unopened = kr.Analysis(model, opened=False)
    for look in (kr.measure, measures.cka):
        with pytest.raises(ValueError, match=r'"add", which differs by 0\.5'):
            look(unopened, random(5, 4))
    assert [unit.path for unit in kr.find_residuals(model)] == ["add"]  # is opened


def test_random_numbers_are_drawn_alike():
    class Noisy(layers.Layer):
        def __init__(self, seeds):
            super().__init__()
            self.seeds = seeds

        def call(self, x):
            return x + keras.random.normal(keras.ops.shape(x), seed=self.seeds)

    x = keras.Input((4,))
    unseeded = [] if keras.backend.backend() == "jax" else [None]  # it traces no such
    for seeds in (*unseeded, keras.random.SeedGenerator(1)):
        model = keras.Model(x, layers.Add()([x, Noisy(seeds)(layers.Dense(4)(x))]))
        assert kr.measure(model, random(5, 4))["ratio"] > 0
