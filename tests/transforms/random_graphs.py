"""Random models of linear layers, scales, sums and what stands between them."""

import keras
import numpy as np
from keras import layers

import keras_residual as kr

CHANNELS = 4


def random_model(seed: int, *, steps: int = 7) -> keras.Model:
    """A model of 8x8 images; the same seed makes the same model."""
    rng = np.random.default_rng(seed)
    inputs = keras.Input((8, 8, CHANNELS))
    values, shared = [inputs], [_convolution(rng), layers.BatchNormalization()]
    for _ in range(steps):
        x = values[rng.integers(max(0, len(values) - 3), len(values))]
        values.append(_step(rng, x, values, shared))
    read = {id(t) for v in values[1:] for t in _sources(v)}
    ends = [v for v in values[1:] if id(v) not in read]
    if rng.random() < 0.2:
        ends.append(values[rng.integers(1, len(values))])
    ends = list({id(v): v for v in ends}.values())
    model = keras.Model(inputs, ends)
    randomise(model, seed)
    return model


def randomise(model: keras.Model, seed: int = 0) -> keras.Model:
    """Gives every variable random numbers, batch norms those of a trained network."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        low, high = (0.5, 1.5) if "variance" in weight.path else (-1, 1)
        if weight.path.endswith("gamma"):
            low, high = 0.5, 1.5
        width = np.prod(weight.shape[:-1]) ** 0.5 if len(weight.shape) > 1 else 1
        weight.assign(rng.uniform(low, high, weight.shape) / width)
    return model


def _sources(value):
    history = value._keras_history
    return history.operation._inbound_nodes[history.node_index].input_tensors


def _convolution(rng, **options):
    size = int(rng.choice([1, 2, 3]))
    given = {"padding": "same", "use_bias": bool(rng.integers(2)), **options}
    return layers.Conv2D(CHANNELS, size, **given)


def _kernelled(rng):
    """A layer with a kernel that keeps the shape."""
    return [
        lambda: _convolution(rng),
        lambda: _convolution(rng, groups=2),
        lambda: _convolution(rng, dilation_rate=2),
        lambda: _convolution(rng, activation="relu"),
        lambda: layers.DepthwiseConv2D(3, padding="same"),
        lambda: layers.SeparableConv2D(CHANNELS, 3, padding="same"),
        lambda: layers.Conv2DTranspose(CHANNELS, 3, padding="same"),
        lambda: layers.Dense(CHANNELS),
    ][rng.integers(8)]()


def _scaling(rng):
    """A layer that scales and shifts."""
    return [
        lambda: layers.BatchNormalization(
            scale=bool(rng.integers(2)), center=bool(rng.integers(2))
        ),
        lambda: layers.BatchNormalization(axis=1),
        lambda: layers.Rescaling(0.5, 0.1),
        lambda: layers.EinsumDense("abcd,d->abcd", (8, 8, CHANNELS)),
        lambda: kr.layers.Scale(0.7),
        lambda: kr.layers.DropPath(0.2),
        lambda: layers.Dropout(0.2),
        layers.ReLU,
    ][rng.integers(8)]()


def _step(rng, x, values, shared):
    """One more value, computed from `x` or from those that are there."""
    word = rng.choice(
        ["kernel", "scale", "sum", "rep", "pad", "constant", "shared", "train", "nest"],
        p=[0.24, 0.26, 0.14, 0.1, 0.06, 0.08, 0.06, 0.02, 0.04],
    )
    steps = {
        "kernel": lambda: _kernelled(rng)(x),
        "scale": lambda: _scaling(rng)(x),
        "sum": lambda: _sum(rng, values),
        "rep": lambda: _branches(rng, x),
        "pad": lambda: _padded(rng, x),
        "constant": lambda: [x * 0.5, 1.0 - x, x / 2 + 1.0, -x][rng.integers(4)],
        "shared": lambda: shared[rng.integers(len(shared))](x),
        "train": lambda: layers.BatchNormalization()(x, training=True),
        "nest": lambda: _nested(rng, x),
    }
    return steps[word]()


def _sum(rng, values):
    count = min(len(values), int(rng.integers(2, 4)))
    picked = [values[i] for i in rng.choice(len(values), count, replace=False)]
    if count < 2:
        return picked[0] + picked[0]
    if count == 2:
        merge = [layers.Add(), layers.Subtract(), None][rng.integers(3)]
        return merge(picked) if merge else picked[0] + picked[1]
    return layers.Add()(picked)


def _branches(rng, x):
    """RepVGG's branches: two or three kernels, perhaps normed, and the input."""
    paths = []
    for _ in range(rng.integers(1, 4)):
        y = _convolution(rng)(x)
        paths.append(layers.BatchNormalization()(y) if rng.integers(2) else y)
    around = [x, layers.BatchNormalization()(x)][rng.integers(2)]
    return layers.Add()([around, *paths])


def _padded(rng, x):
    y = layers.ZeroPadding2D(((1, 1), (1, 1)))(x)
    return _convolution(rng, padding="valid")(y)[:, :8, :8, :]


def _nested(rng, x):
    a = keras.Input((8, 8, CHANNELS))
    b = layers.BatchNormalization()(_convolution(rng)(a))
    block = keras.Model(a, layers.Add()([a, b]))
    return block(block(x)) if rng.integers(2) else block(x)
