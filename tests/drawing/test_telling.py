"""What stands in a branch is told in the words of its field."""

import keras
import pytest
from keras import layers, ops

from keras_residual.drawing.telling import tell
from keras_residual.graph.graph import Graph

WIDTH = 8


class FoxRotaryEmbedding(layers.Layer):
    """Named as families of models name theirs."""

    def call(self, x):
        return x * 2.0


class FoxLayerNorm(layers.Layer):
    """Has a scale alone, as RMS norms have."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],))

    def call(self, x):
        return x * self.scale


def attention(x):
    z = layers.RMSNormalization()(x)
    q, k, v = (layers.Dense(WIDTH)(z) for _ in range(3))
    scores = ops.softmax(ops.matmul(q, ops.swapaxes(k, 1, 2)))
    return layers.Dropout(0.1)(layers.Dense(WIDTH)(ops.matmul(scores, v)))


def rotated(x):
    z, turn = FoxLayerNorm()(x), FoxRotaryEmbedding()
    q, k = (ops.reshape(turn(layers.Dense(WIDTH)(z)), (-1, 6, 2, 4)) for _ in range(2))
    v = ops.reshape(layers.Dense(WIDTH)(z), (-1, 6, 2, 4))
    y = ops.dot_product_attention(q, k, v)
    return layers.Dense(WIDTH)(ops.reshape(y, (-1, 6, WIDTH)))


def gated(x):
    z = layers.LayerNormalization()(x)
    return layers.Dense(WIDTH)(layers.Dense(16)(z) * ops.silu(layers.Dense(16)(z)))


def gate_of_one(x):
    y = layers.Dense(16, "gelu")(x) * layers.Dense(16)(x)
    return layers.Dense(WIDTH)(layers.Dropout(0.2)(y))


def product(x):
    """Two bent factors are no gated linear unit."""
    return layers.Dense(16, "tanh")(x) * layers.Dense(16, "tanh")(x)


def paths(x):
    norm = layers.BatchNormalization
    long = norm()(layers.Dense(4)(norm()(layers.Dense(8)(x))))
    return layers.Concatenate()([long, norm()(layers.Dense(4)(x))])


def odd_paths(x):
    first = layers.BatchNormalization()(layers.Dense(8)(x))
    second = layers.LayerNormalization()(layers.Dense(4)(x))
    return layers.Concatenate()([first, second])


def scores_alone(x):
    q, k = layers.Dense(WIDTH)(x), layers.Dense(WIDTH)(x)
    return ops.matmul(q, ops.swapaxes(k, 1, 2))


@pytest.mark.parametrize(
    ("branch", "lines"),
    [
        (attention, ["rms norm", "q k v → attention → project · dropout 0.1"]),
        (rotated, ["rms norm", "q k v → rotary → attention → project"]),
        (gated, ["layer norm", "gate, silu × up 16 → down 8"]),
        (gate_of_one, ["gate, gelu × up 16 · dropout 0.2 → down 8"]),
        (product, ["dense 16 · tanh", "dense 16 · tanh", "× gate"]),
        (paths, ["│ dense 8 → dense 4", "│ dense 4", "each with norm", "concatenate"]),
        (
            odd_paths,
            ["│ dense 8", "│ dense 4", "some with norm or layer norm", "concatenate"],
        ),
        (scores_alone, ["│ dense 8", "│ dense 8 → swapaxes", "matmul"]),
    ],
)
def test_a_branch(branch, lines):
    x = keras.Input((6, WIDTH))
    graph = Graph(keras.Model(x, branch(x)))
    assert tell(graph, 0, tuple(graph.ops[1:])) == lines


def test_attention_to_another_stream():
    x, memory = keras.Input((6, WIDTH)), keras.Input((5, WIDTH))
    q, k, v = layers.Dense(4)(x), layers.Dense(4)(memory), layers.Dense(WIDTH)(memory)
    scores = ops.softmax(ops.matmul(q, ops.swapaxes(k, 1, 2)))
    y = layers.Dense(WIDTH)(ops.matmul(scores, v))
    graph = Graph(keras.Model([x, memory], y))
    start = graph.inputs[0]
    path = [op for op in graph.ops if graph.ops[start] in behind(graph, op)]
    assert tell(graph, start, tuple(path)) == ["q → attention → project"]


def behind(graph, op):
    """Returns what an operation is computed from."""
    found = [graph.ops[source] for source in op.sources]
    return found + [one for source in found for one in behind(graph, source)]
