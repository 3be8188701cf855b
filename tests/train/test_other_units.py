"""The same data in other units trains the same network."""

import keras
import numpy as np
import pytest

from keras_residual.train import Recipe
from keras_residual.train.data.arrays import make_dataset
from keras_residual.train.network import make_network
from keras_residual.train.objective import learnable
from keras_residual.train.pipeline import Steps, stream

X = np.random.default_rng(0).normal([3, 0, -1], size=(64, 3))
TARGET = X[:, :1] - X[:, 1:2] * X[:, 2:] + 2
CLASSES = (TARGET[:, 0] > 2).astype("int32")
PLAIN = np.ones(3), 1.0
POWERS_OF_TWO = np.exp2([-43, 90, 7]), 2.0**83
POWERS_OF_TEN = np.array([1e-13, 1e25, 100]), 1e25


def history(task, units):
    """Trains for two epochs; an error is counted in the unit of the target."""
    values, unit = units
    labels = (TARGET * unit).astype("f4") if task == "regression" else CLASSES
    dataset = make_dataset("a", ((X * values).astype("f4"), labels), task=task)
    keras.utils.set_random_seed(0)
    recipe = Recipe(model="tabular_resnet", epochs=2, learning_rate=0.05)
    network = make_network(recipe, dataset)
    network.run_eagerly = True  # four steps are sooner taken than compiled
    steps = Steps(learnable(dataset).train, batch_size=32, epochs=2, seed=0)
    settings = {"epochs": 2, "steps_per_epoch": 2, "shuffle": False, "verbose": 0}
    run = network.fit(stream(steps), **settings)
    found = {name: np.array(column) for name, column in run.history.items()}
    return found | {"mae": found["mae"] / unit} if "mae" in found else found


@pytest.fixture(scope="module")
def plain():
    return {task: history(task, PLAIN) for task in ("regression", "classification")}


@pytest.mark.parametrize(
    ("task", "units", "rounding"),
    [
        ("regression", POWERS_OF_TWO, 1e-6),
        ("regression", POWERS_OF_TEN, 1e-3),
        ("classification", POWERS_OF_TWO, 1e-6),
        ("classification", POWERS_OF_TEN, 1e-3),
    ],
)
def test_units_change_nothing(plain, task, units, rounding):
    for name, column in history(task, units).items():
        assert column == pytest.approx(plain[task][name], rel=rounding), name
