"""The pictures of clothes that come with the package, and how networks learn them."""

from importlib.resources import files

import keras
import numpy as np

import keras_residual as kr
from effects.paired import FAST

EPOCHS = 1 if FAST else 8
SHAPE = (28, 28, 1)


def clothes():
    """Returns pictures from 0 to 1 and labels: to learn from, and held out."""
    path = files("keras_residual.train.data") / "fashion_mnist_7k.npz"
    with path.open("rb") as file:
        data = dict(np.load(file))
    count = 64 if FAST else None
    return [
        (
            data[f"x_{part}"][:count, ..., None] / np.float32(255),
            data[f"y_{part}"][:count],
        )
        for part in ("train", "test")
    ]


def accuracy(model, data, seed, rate=0.1):
    """Trains from a seed, and returns the accuracy on what is held out."""
    learned, held_out = data
    steps = -(-len(learned[1]) // 128) * EPOCHS
    pace = keras.optimizers.schedules.CosineDecay(
        rate / 10, steps, warmup_target=rate, warmup_steps=steps // 10
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(pace, momentum=0.9, global_clipnorm=1.0)
    model.compile(optimizer, loss, metrics=["accuracy"])
    recipe = kr.train.Recipe(epochs=EPOCHS, batch_size=128, seed=seed)
    try:
        run = kr.train.fit(model, learned, recipe, validation=held_out)
    except FloatingPointError:
        return 0.1  # as good as a guess
    return run.rows[-1]["val_accuracy"]


def network(block, blocks, filters=8, first=(), last=(), shape=SHAPE):
    """Builds three stages of blocks between a strided stem and a head.

    Args:
        block: Makes a block, given its filters and stride.
        blocks: Blocks in a stage.
        filters: Filters of the first stage.
        first: Parts behind the stem's convolution.
        last: Parts before the pictures are averaged.
        shape: Shape of a picture.
    """
    inputs = keras.Input(shape)
    x = chained([kr.conv(filters, 3, stride=2), *first], inputs, "stem")
    for stage in range(3):
        for number in range(blocks):
            stride = 2 if stage and not number else 1
            made = block(filters * 2**stage, stride)
            x = made(x, name=f"stage{stage + 1}_block{number + 1}")
    head = [*last, kr.pool("global_average"), kr.dense(10)]
    return keras.Model(inputs, chained(head, x, "head"))


def chained(parts, x, name):
    return kr.Residual(parts, "none")(x, name=name)
