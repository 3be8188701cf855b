"""Small models of every kind of layer."""

import keras
import numpy as np
from keras import layers


def _image(*tail, shape=(6, 6, 3)):
    mean = (
        layers.GlobalAveragePooling2D()
        if len(shape) == 3
        else layers.GlobalMaxPooling3D()
    )
    head = [mean, layers.Dense(3)]
    return keras.Sequential([keras.Input(shape), *tail, *head])


def _table(*tail, width=6):
    return keras.Sequential([keras.Input((width,)), *tail])


def _steps(*tail, shape=(7, 4)):
    return keras.Sequential([keras.Input(shape), *tail])


def _tokens(*tail, masked=False):
    first = [
        keras.Input((7,), dtype="int32"),
        layers.Embedding(11, 4, mask_zero=masked),
    ]
    return keras.Sequential([*first, *tail])


def _masked(value=-1.0):
    return _steps(layers.Masking(value), layers.LSTM(3), layers.Dense(2))


def _padded_tokens(masked=True):
    return _tokens(layers.GlobalAveragePooling1D(), layers.Dense(2), masked=masked)


def _tagged_tokens(masked=True):
    return _tokens(layers.Dense(3), masked=masked)


def _residual():
    x = inputs = keras.Input((6, 6, 4))
    y = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    y = layers.Conv2D(4, 3, padding="same")(layers.ReLU()(y))
    x = layers.Add()([x, y])
    return keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def _preactivated():
    x = inputs = keras.Input((6, 6, 3))
    y = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Conv2D(4, 1)(x) + layers.Conv2D(4, 3, padding="same")(y)
    return keras.Model(inputs, layers.GlobalMaxPooling2D()(x))


def _squeezed():
    x = inputs = keras.Input((6, 6, 4))
    y = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    gate = layers.Dense(4, "sigmoid")(
        layers.Dense(2, "relu")(layers.GlobalAveragePooling2D()(y))
    )
    y = layers.Multiply()([y, layers.Reshape((1, 1, 4))(gate)])
    return keras.Model(inputs, layers.Add()([x, y]))


def _attention():
    x = inputs = keras.Input((5, 4))
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 2)(y, y)])
    y = layers.Dense(8, activation="gelu")(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Add()([x, layers.Dense(4)(y)]))


def _two_inputs():
    a, b = keras.Input((3,)), keras.Input((4,))
    both = layers.Concatenate()(
        [layers.Dense(3, "tanh")(a), layers.Dense(3, "relu")(b)]
    )
    return keras.Model([a, b], layers.Dense(2)(both))


def _two_outputs():
    x = inputs = keras.Input((5,))
    x = layers.Dense(6, "relu")(x)
    return keras.Model(inputs, [layers.Dense(2, "softmax")(x), layers.Dense(1)(x)])


def _shared():
    x = inputs = keras.Input((4,))
    dense = layers.Dense(4, "tanh")
    return keras.Model(inputs, layers.Dense(2)(dense(dense(x))))


def _nested():
    x = inputs = keras.Input((6, 6, 3))
    part = keras.Sequential(
        [keras.Input((6, 6, 3)), layers.Conv2D(4, 3), layers.PReLU()]
    )
    return keras.Model(
        inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(part(x)))
    )


def _letters():
    """As a splice-site network: what it sees are letters, what it says saturates."""
    x = inputs = keras.Input((12, 4))
    x = layers.Conv1D(6, 1)(x)
    y = layers.Conv1D(6, 3, padding="same")(
        layers.ReLU()(layers.BatchNormalization()(x))
    )
    x = layers.Cropping1D(2)(layers.Add()([x, y]))
    return keras.Model(inputs, layers.Conv1D(3, 1, activation="softmax")(x))


def _binned(bounds=(-2.0, -0.5, 0.25, 3.0, 10.0)):
    bins = layers.Discretization(bin_boundaries=list(bounds))
    return _table(
        bins, layers.Embedding(6, 3), layers.Flatten(), layers.Dense(2), width=3
    )


def _looked_up(known=(7, 12, 30, 400)):
    inputs = keras.Input((3,), dtype="int64")
    x = layers.IntegerLookup(vocabulary=list(known))(inputs)
    x = layers.Flatten()(layers.Embedding(5, 3)(x))
    return keras.Model(inputs, layers.Dense(2)(x))


def _normalised(mean=(1.0, 50.0, -3e3), variance=(4.0, 100.0, 1e6)):
    known = layers.Normalization(mean=mean, variance=variance)
    return _table(known, layers.Dense(4, "tanh"), layers.Dense(2), width=3)


def _penalised(weights=0.1, values=0.1):
    return _table(
        layers.Dense(4, "relu", kernel_regularizer=keras.regularizers.L2(weights)),
        layers.ActivityRegularization(l2=values),
        layers.Dense(2),
    )


def _worded(known=("red", "green", "blue", "grey")):
    inputs = keras.Input((3,), dtype="string")
    x = layers.StringLookup(vocabulary=list(known))(inputs)
    x = layers.Flatten()(layers.Embedding(5, 3)(x))
    return keras.Model(inputs, layers.Dense(2)(x))


def _texts(known=("the", "cat", "sat", "on", "a", "mat"), split="whitespace"):
    inputs = keras.Input((1,), dtype="string")
    words = layers.TextVectorization(
        vocabulary=list(known), output_sequence_length=5, split=split
    )
    x = words(inputs)
    x = layers.GlobalAveragePooling1D()(layers.Embedding(8, 3, mask_zero=True)(x))
    return keras.Model(inputs, layers.Dense(2)(x))


MODELS = {
    "dense": lambda: _table(layers.Dense(5, "relu"), layers.Dense(2)),
    "sigmoid": lambda: _table(layers.Dense(5, "relu"), layers.Dense(2, "sigmoid")),
    "softmax": lambda: _table(
        layers.Dense(5, "relu"), layers.Dense(3), layers.Softmax()
    ),
    "tanh": lambda: _table(layers.Dense(5, "tanh"), layers.Dense(2, "tanh")),
    "batch norm": lambda: _image(
        layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU()
    ),
    "strided": lambda: _image(layers.Conv2D(4, 3, 2, padding="same"), layers.ReLU()),
    "dilated": lambda: _image(layers.Conv2D(4, 2, dilation_rate=2), layers.ELU()),
    "grouped": lambda: _image(
        layers.Conv2D(4, 3, groups=2), layers.ReLU(), shape=(6, 6, 4)
    ),
    "depthwise": lambda: _image(layers.DepthwiseConv2D(3), layers.LeakyReLU()),
    "separable": lambda: _image(layers.SeparableConv2D(4, 3), layers.ReLU(6.0)),
    "transposed": lambda: _image(layers.Conv2DTranspose(4, 3, 2), layers.ReLU()),
    "solid": lambda: _image(layers.Conv3D(3, 2), layers.ReLU(), shape=(3, 3, 3, 2)),
    "max pool": lambda: _image(layers.MaxPooling2D(), layers.Conv2D(4, 2)),
    "mean pool": lambda: _image(layers.AveragePooling2D(2, 1), layers.Conv2D(4, 2)),
    "padded": lambda: _image(
        layers.ZeroPadding2D(1), layers.Conv2D(4, 2), layers.Cropping2D(1)
    ),
    "enlarged": lambda: _image(layers.UpSampling2D(), layers.Conv2D(4, 2)),
    "pixels": lambda: _image(
        layers.Rescaling(1 / 127.5, -1), layers.Conv2D(4, 3, 2), layers.ReLU()
    ),
    "group norm": lambda: _image(layers.Conv2D(4, 3), layers.GroupNormalization(2)),
    "layer norm": lambda: _table(
        layers.Dense(6), layers.LayerNormalization(), layers.Dense(2)
    ),
    "rms norm": lambda: _table(
        layers.Dense(6), layers.RMSNormalization(), layers.Dense(2)
    ),
    "unit norm": lambda: _table(
        layers.Dense(6), layers.UnitNormalization(), layers.Dense(2)
    ),
    "prelu": lambda: _table(layers.Dense(6), layers.PReLU(), layers.Dense(2)),
    "permuted": lambda: _steps(
        layers.Permute((2, 1)), layers.Dense(4), layers.Flatten(), layers.Dense(2)
    ),
    "einsum": lambda: _steps(
        layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d")
    ),
    "each step": lambda: _steps(layers.TimeDistributed(layers.Dense(3, "relu"))),
    "conv 1d": lambda: _steps(
        layers.Conv1D(5, 3, padding="causal", activation="swish")
    ),
    "lstm": lambda: _steps(layers.LSTM(3), layers.Dense(2)),
    "gru": lambda: _steps(layers.GRU(3, return_sequences=True)),
    "both ways": lambda: _steps(
        layers.Bidirectional(layers.SimpleRNN(2)), layers.Dense(2)
    ),
    "masked": _masked,
    "tokens": lambda: _tokens(layers.Flatten(), layers.Dense(2)),
    "padded tokens": _padded_tokens,
    "tagged tokens": _tagged_tokens,
    "encoded": lambda: keras.Sequential(
        [keras.Input((3,), dtype="int32"), layers.CategoryEncoding(5), layers.Dense(2)]
    ),
    "residual": _residual,
    "preactivated": _preactivated,
    "squeezed": _squeezed,
    "attention": _attention,
    "two inputs": _two_inputs,
    "two outputs": _two_outputs,
    "shared": _shared,
    "nested": _nested,
    "letters": _letters,
    "binned": _binned,
    "looked up": _looked_up,
    "normalised": _normalised,
    "penalised": _penalised,
}
ON_TENSORFLOW = {"words": _worded, "texts": _texts}


def draw(model):
    """Gives every weight a number that matters."""
    rng = np.random.default_rng(0)
    drawn = []
    for variable in model.weights:
        value = rng.normal(0, 1, variable.shape)
        if variable.name in ("moving_variance", "gamma", "scale"):
            value = rng.uniform(0.5, 2, variable.shape)
        if "seed" in variable.path or "int" in variable.dtype:
            value = keras.ops.convert_to_numpy(variable)
        drawn.append(value)
    model.set_weights(drawn)


# What is built with another setting, or has learned something else.
REBUILT = {
    "masked": [{"value": -2.0}],
    "padded tokens": [{"masked": False}],
    "tagged tokens": [{"masked": False}],
    "binned": [
        {"bounds": (-2.0, -0.5, 0.25, 3.0, 11.0)},
        {"bounds": (-2.0, -0.4, 0.25, 3.0, 10.0)},
        {"bounds": (-2.5, -0.5, 0.25, 3.0, 10.0)},
        {"bounds": (-2.0, -0.5, 0.25, 3.0, 1e9)},
    ],
    "looked up": [
        {"known": (12, 7, 30, 400)},
        {"known": (7, 12, 400, 30)},
        {"known": (7, 12, 30, 401)},
        {"known": (8, 12, 30, 400)},
    ],
    "words": [
        {"known": ("green", "red", "blue", "grey")},
        {"known": ("red", "green", "blue", "gray")},
    ],
    "texts": [
        {"known": ("cat", "the", "sat", "on", "a", "mat")},
        {"known": ("the", "cat", "sat", "on", "a", "rug")},
        {"split": "character"},
    ],
    "normalised": [
        {"mean": (1.0, 50.5, -3e3)},
        {"mean": (1.0, 50.0, -3.02e3)},
        {"variance": (4.08, 100.0, 1e6)},
        {"variance": (4.0, 1e6, 100.0)},
    ],
    "penalised": [{"weights": 0.102}, {"values": 0.102}, {"values": 0.0}],
}
