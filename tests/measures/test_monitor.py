"""The monitor reads the network that is trained, and leaves its training alone."""

import json
import sys

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.common.errors import PackageError
from keras_residual.measures import ResidualMonitor, measure

from .nets import random

X, Y = random(24, 4), random(24, 4, seed=1)
PROBE = X[:6]


def network():
    keras.utils.set_random_seed(7)
    inputs = keras.Input((4,), name="x")
    x = kr.Residual([kr.norm(), "relu", kr.dense(4)])(inputs, name="first")
    x = kr.Residual([kr.norm(), "relu", kr.dense(4)])(x, name="second")
    model = keras.Model(inputs, x)
    model.compile(keras.optimizers.Adam(0.05), "mse", steps_per_execution=1)
    return model


def trained(*callbacks, epochs=2, **how):
    model = network()
    options = {"batch_size": 4, "epochs": epochs, "verbose": 0, "shuffle": False}
    model.fit(X, Y, callbacks=list(callbacks), **options, **how)
    return model


def ratios(reading):
    return list(reading["ratio"].values())


def test_readings_are_those_of_the_weights_at_that_step():
    monitor = ResidualMonitor(PROBE, every=3)
    model = trained(monitor)
    assert [reading["step"] for reading in monitor.history] == [0, 3, 6, 9, 12]
    before, after = measure(network(), PROBE), measure(model, PROBE)
    assert list(monitor.history[0]["ratio"]) == list(before.units)
    np.testing.assert_allclose(ratios(monitor.history[0]), before["ratio"], 1e-5)
    np.testing.assert_allclose(ratios(monitor.history[-1]), after["ratio"], 1e-5)
    for earlier, later in zip(monitor.history, monitor.history[1:], strict=False):
        assert ratios(earlier) != ratios(later)
    half = measure(trained(epochs=1), PROBE)
    np.testing.assert_allclose(ratios(monitor.history[2]), half["ratio"], 1e-5)


def test_training_takes_the_same_course():
    alone, watched = trained(), trained(ResidualMonitor(PROBE, every=1))
    for one, other in zip(alone.variables, watched.variables, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one.value),
            keras.ops.convert_to_numpy(other.value),
        )


def test_readings_are_written_and_go_on(tmp_path):
    monitor = ResidualMonitor(
        (PROBE, Y[:6]), every=6, columns=["lesion", "gate"], log_dir=tmp_path / "log"
    )
    model = trained(monitor, epochs=1)
    lines = (tmp_path / "log" / "residual_units.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == monitor.history
    assert set(monitor.history[0]["gate"].values()) == {None}
    more = ResidualMonitor(PROBE, every=4, columns="ratio", log_dir=tmp_path / "log")
    model.fit(X, Y, batch_size=4, verbose=0, callbacks=[more])
    assert [reading["step"] for reading in more.history] == [6, 8, 12]
    assert (
        len((tmp_path / "log" / "residual_units.jsonl").read_text().splitlines()) == 5
    )


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Keras runs them one by one on PyTorch"
)
def test_steps_that_are_run_at_once_are_counted():
    monitor = ResidualMonitor(PROBE, every=2, columns="ratio")
    model = network()
    model.compile("sgd", "mse", steps_per_execution=3)
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[monitor])
    assert [reading["step"] for reading in monitor.history] == [0, 3, 6, 9, 12]


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Keras runs them one by one on PyTorch"
)
def test_an_epoch_that_ends_within_an_execution_counts_its_own_steps():
    monitor = ResidualMonitor(PROBE, every=10, columns="ratio")
    model = network()
    model.compile("sgd", "mse", steps_per_execution=4)
    model.fit(X[:10], Y[:10], batch_size=1, epochs=3, verbose=0, callbacks=[monitor])
    assert [reading["step"] for reading in monitor.history] == [0, 10, 20, 30]


def test_batches_count_whose_gradients_are_accumulated():
    monitor = ResidualMonitor(PROBE, every=2, columns="ratio")
    model = network()
    model.compile(keras.optimizers.SGD(gradient_accumulation_steps=4), "mse")
    for _ in range(2):
        model.fit(X[:5], Y[:5], batch_size=1, verbose=0, callbacks=[monitor])
    assert [reading["step"] for reading in monitor.history] == [0, 2, 4, 5, 6, 8, 10]


def test_an_interval_is_at_least_one_step():
    with pytest.raises(ValueError, match="`every` takes a positive"):
        ResidualMonitor(PROBE, every=0)


def test_tensorboard_reads_every_number(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    monitor = ResidualMonitor(PROBE, every=3, tensorboard=tmp_path)
    model = trained(monitor)
    model.fit(X, Y, batch_size=4, verbose=0, callbacks=[monitor])
    written = EventAccumulator(str(tmp_path)).Reload()
    for unit in monitor.history[0]["ratio"]:
        events = written.Tensors(f"ratio/{unit}")
        got = {e.step: float(make_ndarray(e.tensor_proto)) for e in events}
        expected = {r["step"]: r["ratio"][unit] for r in monitor.history}
        assert got == pytest.approx(expected, rel=1e-6)


def test_without_tensorboard_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    with pytest.raises(PackageError, match=r"keras-residual\[tensorboard\]"):
        ResidualMonitor(PROBE, tensorboard=tmp_path)
