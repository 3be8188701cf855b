"""Models as textbooks write them: subclassed, with their sums in `call`."""

import keras
from graph.unfolding.making import (  # noqa: F401  the tests take both from here
    Whole,
    floats,
    functional,
    words,
)
from keras import layers, ops


class ResidualUnit(layers.Layer):
    """Convolutions in a list; another list for the shortcut where sizes change."""

    def __init__(self, filters, strides=1, **options):
        super().__init__(**options)
        self.act = layers.Activation("relu")
        self.main = [
            layers.Conv2D(filters, 3, strides, padding="same", use_bias=False),
            layers.BatchNormalization(),
            self.act,
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
        ]
        self.skip = []
        if strides > 1:
            self.skip = [
                layers.Conv2D(filters, 1, strides, use_bias=False),
                layers.BatchNormalization(),
            ]

    def call(self, x, training=None):
        z, skip = x, x
        for layer in self.main:
            z = layer(z, training=training)
        for layer in self.skip:
            skip = layer(skip, training=training)
        return self.act(z + skip)


class SmallResNet(keras.Model):
    """The shape of ResNet-34: stages that halve the picture, units in a loop."""

    def __init__(self, stages=((4, 2), (8, 2)), **options):
        super().__init__(**options)
        self.stem = layers.Conv2D(stages[0][0], 3, padding="same")
        self.units, before = [], stages[0][0]
        for filters, count in stages:
            for _ in range(count):
                strides = 1 if filters == before else 2
                self.units.append(ResidualUnit(filters, strides))
                before = filters
        self.pool = layers.GlobalAveragePooling2D()
        self.head = layers.Dense(3)

    def call(self, x, training=None):
        x = self.stem(x)
        for unit in self.units:
            x = unit(x, training=training)
        return self.head(self.pool(x))


class DeepModel(keras.Model):
    """One loop of dense layers, each added to what came before."""

    def __init__(self, depth=3, **options):
        super().__init__(**options)
        self.steps = [layers.Dense(6, activation="tanh") for _ in range(depth)]

    def call(self, x):
        for step in self.steps:
            x = x + step(x)
        return x


class TransformerBlock(layers.Layer):
    """Attention and feed-forward, each added and normalised, with dropout."""

    def __init__(self, width, rate=0.1, **options):
        super().__init__(**options)
        self.supports_masking = True
        self.att = layers.MultiHeadAttention(2, width // 2)
        self.ffn = keras.Sequential(
            [layers.Dense(2 * width, activation="relu"), layers.Dense(width)]
        )
        self.norm1, self.norm2 = (layers.LayerNormalization() for _ in range(2))
        self.drop1, self.drop2 = (layers.Dropout(rate) for _ in range(2))

    def call(self, x, training=False):
        a = self.drop1(self.att(x, x), training=training)
        x = self.norm1(x + a)
        f = self.drop2(self.ffn(x), training=training)
        return self.norm2(x + f)


class TokenAndPosition(layers.Layer):
    """An embedding of tokens and one of places."""

    def __init__(self, length, count, width, **options):
        super().__init__(**options)
        self.tokens = layers.Embedding(count, width)
        self.places = layers.Embedding(length, width)

    def call(self, x):
        places = ops.arange(0, ops.shape(x)[-1], 1)
        return self.tokens(x) + self.places(places)


class Classifier(keras.Model):
    """Tokens, two blocks, a head."""

    def __init__(self, rate=0.1, **options):
        super().__init__(**options)
        self.embed = TokenAndPosition(7, 11, 8)
        self.blocks = [TransformerBlock(8, rate) for _ in range(2)]
        self.pool = layers.GlobalAveragePooling1D()
        self.head = layers.Dense(2)

    def call(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.head(self.pool(x))


class UNet(keras.Model):
    """Down, up, with what was seen on the way down put beside."""

    def __init__(self, **options):
        super().__init__(**options)
        conv = lambda n: layers.Conv2D(n, 3, padding="same", activation="relu")  # noqa: E731
        self.down = [conv(4), conv(8)]
        self.up = [conv(8), conv(4)]
        self.middle = ResidualUnit(8)
        self.pool, self.grow = layers.MaxPooling2D(), layers.UpSampling2D()
        self.head = layers.Conv2D(1, 1)

    def call(self, x, training=None):
        seen = []
        for layer in self.down:
            x = layer(x)
            seen.append(x)
            x = self.pool(x)
        x = self.middle(x, training=training)
        for layer in self.up:
            x = ops.concatenate([self.grow(x), seen.pop()], axis=-1)
            x = layer(x)
        return self.head(x)


class TimeBlock(layers.Layer):
    """A block of a diffusion network: told the time between its convolutions."""

    def __init__(self, width, **options):
        super().__init__(**options)
        self.norm1 = layers.GroupNormalization(2)
        self.conv1 = layers.Conv2D(width, 3, padding="same")
        self.time = layers.Dense(width)
        self.norm2 = layers.GroupNormalization(2)
        self.conv2 = layers.Conv2D(width, 3, padding="same")

    def call(self, x, t):
        z = self.conv1(ops.silu(self.norm1(x)))
        z = z * (1 + self.time(t)[:, None, None, :])
        return x + self.conv2(ops.silu(self.norm2(z)))


class Diffusion(keras.Model):
    """Takes a picture and a time."""

    def __init__(self, **options):
        super().__init__(**options)
        self.stem = layers.Conv2D(4, 3, padding="same")
        self.blocks = [TimeBlock(4) for _ in range(2)]
        self.head = layers.Conv2D(1, 1)

    def call(self, inputs):
        x, t = inputs
        waves = t * ops.exp(-ops.arange(3, dtype="float32"))[None]
        t = ops.concatenate([ops.sin(waves), ops.cos(waves)], axis=-1)
        x = self.stem(x)
        for block in self.blocks:
            x = block(x, t)
        return self.head(x)


class Experts(layers.Layer):
    """Dense experts, mixed by a soft gate, added to the input."""

    def __init__(self, width, count=3, **options):
        super().__init__(**options)
        self.gate = layers.Dense(count, activation="softmax")
        self.experts = [layers.Dense(width, activation="gelu") for _ in range(count)]

    def call(self, x):
        made = ops.stack([expert(x) for expert in self.experts], axis=-1)
        return x + ops.sum(made * ops.expand_dims(self.gate(x), -2), axis=-1)


class Own(layers.Layer):
    """Its own kernel, no layer inside."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], shape[-1]), name="w")
        self.b = self.add_weight(shape=(shape[-1],), name="b")

    def call(self, x):
        return x + ops.relu(ops.matmul(x, self.w) + self.b)


class Tied(keras.Model):
    """A language model whose head is its embedding."""

    def __init__(self, **options):
        super().__init__(**options)
        self.embedding = layers.Embedding(9, 6)
        self.own = Own()

    def call(self, x):
        x = self.own(self.embedding(x))
        return ops.matmul(x, ops.transpose(self.embedding.embeddings))


class Named(keras.Model):
    """Takes a dict, returns one."""

    def __init__(self, **options):
        super().__init__(**options)
        self.left, self.right = layers.Dense(5), layers.Dense(5)
        self.block = Own()
        self.heads = {"price": layers.Dense(1), "kind": layers.Dense(3)}

    def call(self, inputs):
        x = self.left(inputs["left"]) * ops.sigmoid(self.right(inputs["right"]))
        x = self.block(x)
        return {name: head(x) for name, head in self.heads.items()}


class Recurrent(layers.Layer):
    """A bidirectional LSTM, projected and added."""

    def __init__(self, width, **options):
        super().__init__(**options)
        self.lstm = layers.Bidirectional(layers.LSTM(3, return_sequences=True))
        self.out = layers.Dense(width)

    def call(self, x):
        return x + self.out(self.lstm(x))


class Twice(keras.Model):
    """One block, called twice."""

    def __init__(self, **options):
        super().__init__(**options)
        self.block = Own()

    def call(self, x):
        return self.block(self.block(x))


class Inner(layers.Layer):
    """Same names at each depth."""

    def __init__(self, depth, **options):
        super().__init__(name="block", **options)
        self.dense = layers.Dense(4, name="dense")
        self.block = Inner(depth - 1) if depth else None

    def call(self, x):
        x = x + ops.tanh(self.dense(x))
        return x if self.block is None else self.block(x)


class Deaf(layers.Layer):
    """Does not say that it supports masks."""

    def __init__(self, hears, **options):
        super().__init__(**options)
        self.supports_masking = hears
        self.dense = layers.Dense(4)

    def call(self, x):
        return x + self.dense(x)


class Masked(keras.Model):
    """Padded sequences, through a layer that passes the mask or does not."""

    def __init__(self, hears, **options):
        super().__init__(**options)
        self.embedding = layers.Embedding(9, 4, mask_zero=True)
        self.mixed, self.lstm = Deaf(hears), layers.LSTM(4)

    def call(self, x):
        return self.lstm(self.mixed(self.embedding(x)))
