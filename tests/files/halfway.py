"""Networks half-way through their training; also run, in a process of its own.

python halfway.py FOLDER straight   saves FOLDER/halfway.keras, and trains to the end
python halfway.py FOLDER onward     opens that, and goes on to the end

Each writes what it comes to, to FOLDER/straight.npz or FOLDER/onward.npz.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import optimizers
from keras.optimizers import schedules

import keras_residual as kr

STEPS = 4


def decayed() -> Any:
    schedule = schedules.CosineDecay(0.1, 10, warmup_target=0.2, warmup_steps=2)
    return optimizers.AdamW(
        schedule, weight_decay=0.1, use_ema=True, ema_overwrite_frequency=3
    )


def accumulated() -> Any:
    return optimizers.SGD(
        0.1, momentum=0.9, gradient_accumulation_steps=3, global_clipnorm=1.0
    )


def scaled() -> Any:
    schedule = schedules.PiecewiseConstantDecay([1, 3], [0.1, 0.2, 0.3])
    return optimizers.LossScaleOptimizer(optimizers.Adam(schedule, amsgrad=True))


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "AdamW": decayed,
    "SGD": accumulated,
    "LossScaleOptimizer": scaled,
    "RMSprop": lambda: optimizers.RMSprop(centered=True, momentum=0.5),
    **{
        name: getattr(optimizers, name)
        for name in (
            "Adadelta", "Adafactor", "Adagrad", "Adamax", "Ftrl", "Lamb", "Lion",
            "Muon", "Nadam", "ScheduleFreeAdamW",
        )
    },
}  # fmt: skip


def network(name: str) -> keras.Model:
    """Returns a network that was compiled, with decay for its kernels only."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((4,), name="inputs")
    x = keras.layers.Dense(6, activation="relu", name="hidden")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    model = keras.Model(inputs, keras.layers.Dense(3, name="head")(x), name="small")
    optimizer = OPTIMIZERS[name]()
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    inner.exclude_from_weight_decay(var_list=kr.no_decay(model))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    top = keras.metrics.SparseTopKCategoricalAccuracy(2)
    model.compile(optimizer, loss, metrics=["accuracy", top])
    return model


def train(model: keras.Model, start: int, stop: int) -> None:
    chance = np.random.default_rng(0)
    values = chance.normal(size=(STEPS, 8, 4)).astype("float32")
    classes = chance.integers(0, 3, (STEPS, 8))
    for step in range(start, stop):
        model.train_on_batch(values[step], classes[step])


def state(model: keras.Model) -> list[np.ndarray]:
    optimizer: Any = model.optimizer
    variables = [*model.weights, *optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(one)) for one in variables]


def straight(folder: Path, name: str = "AdamW") -> keras.Model:
    model = network(name)
    train(model, 0, STEPS // 2)
    model.save(folder / "halfway.keras")
    train(model, STEPS // 2, STEPS)
    return model


def onward(folder: Path) -> keras.Model:
    model = kr.load_model(folder / "halfway.keras", without_decay=kr.no_decay)
    train(model, STEPS // 2, STEPS)
    return model


if __name__ == "__main__":
    place, how = Path(sys.argv[1]), sys.argv[2]
    trained = straight(place) if how == "straight" else onward(place)
    np.savez(place / f"{how}.npz", *state(trained))
