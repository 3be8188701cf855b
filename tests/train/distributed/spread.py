"""What two devices make of a training, beside one: a process of its own, with JAX.

`python tests/train/distributed/spread.py DATA.csv` prints what test_sharing.py reads.
JAX is told of two devices before it starts: both are this machine's processor.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import mkdtemp

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import keras
import numpy as np

from keras_residual.train import InputError, Recipe, callbacks, fit, resume

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.normal(size=(61, 6)).astype("float32")
LABELS = RANDOM.integers(0, 3, 61)
RECIPE = {"batch_size": 32, "epochs": 4, "accelerate": False, "learning_rate": 0.02}


class Shards(keras.callbacks.Callback):
    """Looks at where the weights lie, and whether all copies are the same."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.jax_state_sync()
        variables = [*self.model.variables, *self.model.optimizer.variables]
        shards = [one.value.addressable_shards for one in variables]
        self.places = {len(one) for one in shards}
        self.same = all(
            np.array_equal(one[0].data, two.data) for one in shards for two in one
        )
        kernel = self.model.get_layer("wide").kernel
        self.held = kernel.value.addressable_shards[0].data.shape


def network():
    """A residual unit with all that could tell one device from two."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    change = keras.layers.BatchNormalization(momentum=0.9, name="norm")(inputs)
    change = keras.layers.Dense(16, "tanh", name="wide")(change)
    change = keras.layers.Dropout(0.2)(change)
    change = keras.layers.Dropout(0.1, noise_shape=(None, 1))(
        keras.layers.Dense(6)(change)
    )
    outputs = keras.layers.Dense(3)(keras.layers.Add()([inputs, change]))
    model = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(True)
    model.compile(keras.optimizers.SGD(0.1, 0.9), loss, metrics=["accuracy"])
    return model


def trained(count, devices, model=None):
    """Trains for one epoch of batches of 8, the last one of what is left."""
    model = network() if model is None else model
    data = VALUES[:count], LABELS[:count]
    recipe = Recipe(epochs=1, batch_size=8)
    run = fit(model, data, recipe, validation=data, devices=devices)
    return model, run.rows[0]


def apart(one, two):
    """How far two trainings are apart, as a part of the largest number of each kind."""
    pairs = zip(one[0].get_weights(), two[0].get_weights(), strict=True)
    scale = max(np.abs(w).max() for w in one[0].get_weights())
    found = max(np.abs(a - b).max() for a, b in pairs) / scale
    names = ("loss", "val_loss", "accuracy", "val_accuracy")
    return float(max(found, *(abs(one[1][k] - two[1][k]) for k in names)))


def statistics():
    """How far moving statistics are from NumPy's of all rows at once."""
    model, _ = trained(7, 2)
    norm, rows = model.get_layer("norm"), VALUES[:7].astype("float64")
    mean, variance = np.array(norm.moving_mean), np.array(norm.moving_variance)
    return [
        float(np.abs(mean - 0.1 * rows.mean(0)).max()),
        float(np.abs(variance - (0.9 + 0.1 * rows.var(0))).max()),
    ]


def laid_out():
    """A wide layer divided among two devices, beside one device."""
    mesh = keras.distribution.DeviceMesh((1, 2), ["batch", "model"])
    layout = keras.distribution.LayoutMap(mesh)
    layout["wide/kernel"], layout["wide/bias"] = (None, "model"), ("model",)
    own = keras.distribution.ModelParallel(layout_map=layout)
    with own.scope():
        model = network()
    watched = watch(lambda: trained(61, own, model))
    answers = model.predict(VALUES[:5], verbose=0)
    far = apart(trained(61, None), (model, watched.result[1]))
    return {"apart": far, "held": watched.held, "answers": answers.shape}


def watch(work):
    """Runs a training while `Shards` looks on, and what it found."""
    shards, fitting = Shards(), keras.Model.fit

    def looked_on(self, *given, callbacks, **named):
        return fitting(self, *given, callbacks=[*callbacks, shards], **named)

    keras.Model.fit = looked_on
    try:
        shards.result = work()
    finally:
        keras.Model.fit = fitting
    return shards


def runs(data, place):
    """Runs of one recipe, on one device and on two: whole, and gone on with on one."""
    recipe = Recipe(data=data, **RECIPE)
    rows = {name: fit(recipe, place / name, devices=n).rows for name, n in COUNTS}
    files = {name: sorted(p.name for p in (place / name).iterdir()) for name in rows}
    began = callbacks.HistoryFile.on_epoch_begin

    def stopped(self, epoch, logs=None):
        began(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    for name, count in COUNTS:
        folder = place / f"stopped {name}"
        callbacks.HistoryFile.on_epoch_begin = stopped
        try:
            fit(recipe, folder, devices=count)
        except KeyboardInterrupt:
            callbacks.HistoryFile.on_epoch_begin = began
        rows[folder.name] = resume(folder).rows
    return {"rows": rows, "files": files}


COUNTS = (("one", None), ("two", "all"))


def refused(devices):
    """Returns what is said of devices that are not there."""
    try:
        trained(8, devices)
    except InputError as error:
        return str(error)
    return None


if __name__ == "__main__":
    copies = watch(lambda: trained(61, 2))
    found = {
        "one step": apart(trained(8, None), trained(8, 2)),
        "one uneven step": apart(trained(7, None), trained(7, 2)),
        "one example": apart(trained(1, None), trained(1, 2)),
        "eight steps": apart(trained(61, None), copies.result),
        "copies": [sorted(copies.places), copies.same],
        "statistics": statistics(),
        "laid out": laid_out(),
        "runs": runs(sys.argv[1], Path(mkdtemp())),
        "refused": {str(one): refused(one) for one in (3, 0, "both")},
    }
    print(json.dumps(found))
