"""A model that is loaded goes on; what strangers compiled is refused, and runs not."""

import copy
import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from yardstick import WATCHDOG

import keras_residual as kr

from . import halfway
from .artifacts import Members, read, small_model, with_config, with_weights, write
from .hostile_compiled import CASES, COMPILED

STATE = "optimizer/vars"


@pytest.fixture(scope="module")
def members(tmp_path_factory) -> Members:
    folder = tmp_path_factory.mktemp("compiled")
    model = small_model()
    model.compile("adam", "mse", metrics=["mae"])
    model.train_on_batch(np.ones((2, 4)), np.zeros((2, 4)))
    model.save(folder / "model.keras")
    return read(folder / "model.keras")


@pytest.mark.parametrize("name", halfway.OPTIMIZERS)
def test_it_goes_on_as_if_it_had_not_stopped(name, tmp_path):
    expected = halfway.state(halfway.straight(tmp_path, name))
    found = halfway.state(halfway.onward(tmp_path))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(other, one)


def test_so_it_does_in_another_process(tmp_path):
    ends = []
    for how in ("straight", "onward"):
        script = [sys.executable, halfway.__file__, tmp_path, how]
        subprocess.run(script, timeout=WATCHDOG, check=True)
        with np.load(tmp_path / f"{how}.npz") as end:
            ends.append([end[f"arr_{at}"] for at in range(len(end.files))])
    for one, other in zip(*ends, strict=True):
        np.testing.assert_array_equal(other, one)


def test_what_was_compiled_is_there(members, tmp_path):
    model = kr.load_model(write(tmp_path / "model.keras", members))
    assert type(model.optimizer).__name__ == "Adam"
    assert int(model.optimizer.iterations) == 1
    assert model.loss == "mse"
    history = model.fit(np.ones((2, 4)), np.zeros((2, 4)), verbose=0).history
    assert sorted(history) == ["loss", "mae"]


def test_a_model_that_was_not_compiled_comes_as_it_is(tmp_path):
    small_model().save(tmp_path / "model.keras")
    assert not kr.load_model(tmp_path / "model.keras").compiled


def test_a_model_that_was_compiled_and_never_trained_begins(tmp_path):
    model = small_model()
    model.compile(keras.optimizers.Adam(0.25), "mse")
    model.save(tmp_path / "model.keras")
    optimizer = kr.load_model(tmp_path / "model.keras").optimizer
    assert float(optimizer.learning_rate) == 0.25
    assert optimizer.built


def test_half_precision_goes_on(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    model = small_model()
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 4)), np.zeros((2, 4)))
    model.save(tmp_path / "model.keras")
    opened = kr.load_model(tmp_path / "model.keras")
    for one, other in zip(halfway.state(model), halfway.state(opened), strict=True):
        np.testing.assert_array_equal(other, one)


def test_decay_that_nobody_bounded_is_told(tmp_path):
    model = small_model()
    model.compile(keras.optimizers.AdamW(), "mse")
    model.save(tmp_path / "model.keras")
    with pytest.warns(UserWarning, match="without_decay=kr.no_decay"):
        kr.load_model(tmp_path / "model.keras")


def test_an_optimizer_of_another_backend_is_made_here(members, tmp_path):
    module = "keras.src.backend.other.optimizers.other_adam"

    def change(config):
        config["compile_config"]["optimizer"]["module"] = module

    path = write(tmp_path / "other.keras", with_config(members, change))
    assert int(kr.load_model(path).optimizer.iterations) == 1


def test_no_file_calls_a_compiler(members, tmp_path):
    """Of PyTorch's, which runs a program of the machine; XLA is Keras's choice."""

    def change(config):
        config["compile_config"]["jit_compile"] = True

    path = write(tmp_path / "compiled.keras", with_config(members, change))
    torch = keras.backend.backend() == "torch"
    assert not (kr.load_model(path).jit_compile and torch)


def compiled_by(members: Members, name: str) -> Members:
    compiled = copy.deepcopy(COMPILED)
    CASES[name][0](compiled)
    return with_config(members, lambda config: config.update(compile_config=compiled))


@pytest.fixture(scope="module")
def outcomes(members, tmp_path_factory) -> dict[str, dict]:
    """Loads every file in one process beside this one; returns what happened."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "canary_module.py").write_text(
        "from pathlib import Path\nPath('x').open('w')"
    )
    good = with_config(members, lambda c: c.update(compile_config=COMPILED))
    paths = {"good": str(write(folder / "good.keras", good))}
    for at, name in enumerate(CASES):
        path = write(folder / f"{at}.keras", compiled_by(members, name))
        paths[name] = str(path)
    (folder / "paths.json").write_text(json.dumps(paths))
    watch = str(Path(__file__).with_name("watch.py"))
    done = subprocess.run(
        [sys.executable, watch, folder, "together", "load_model"],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(map(json.loads, done.stdout.splitlines()))


def test_what_keras_compiled_is_loaded_unseen(outcomes):
    assert outcomes["good"]["opened"] == "small", outcomes["good"]
    assert outcomes["good"]["events"] == []


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_and_runs_nothing(name, outcomes):
    outcome = outcomes[name]
    assert outcome["events"] == []
    assert outcome["error"] == "RefusedError", outcome
    assert re.search(CASES[name][1], outcome["message"])
    where, given, needed, remedy = outcome["message"].split("\n")
    assert where.startswith("Model file ")
    assert given.startswith("  given  ")
    assert needed.endswith(".")
    assert remedy.startswith("Write:   ")
    assert (given + needed + remedy).isprintable()


def _set(name: str, value: object, file: h5py.File) -> None:
    del file[f"{STATE}/{name}"]
    file[f"{STATE}/{name}"] = value


STATES = {
    "infinite": (partial(_set, "3", np.full((4, 4), np.inf, "float32")), "not finite"),
    "no number": (partial(_set, "2", np.full((4, 4), np.nan, "float32")), "not finite"),
    "below zero": (partial(_set, "3", -np.ones((4, 4), "float32")), "impossible"),
    "steps below zero": (partial(_set, "0", np.int32(-1)), "impossible"),
    "of another shape": (partial(_set, "3", np.ones((4, 5), "float32")), "of another"),
    "of another type": (partial(_set, "3", np.ones((4, 4), "float64")), "of another"),
    "one more": (
        lambda file: file.create_dataset(f"{STATE}/99", data=np.ones((4, 4), "f4")),
        "of another",
    ),
    "one less": (lambda file: file.pop(f"{STATE}/3"), "of another"),
    "none": (lambda file: file.pop(STATE), "of another"),
}


@pytest.mark.parametrize("name", STATES)
def test_a_state_that_cannot_be_is_refused(name, members, tmp_path):
    change, named = STATES[name]
    path = write(tmp_path / "state.keras", with_weights(members, change))
    with pytest.raises(ValueError, match=named):
        kr.load_model(path)
    assert kr.open_model(path).name == "small"


def test_a_wrong_state_is_known_before_the_model_takes_memory(
    members, tmp_path, monkeypatch
):
    made = []
    build = keras.optimizers.Adam.build

    def note(optimizer, variables):
        build(optimizer, variables)
        made.append([v._value is None for v in optimizer.variables])

    path = write(tmp_path / "state.keras", with_weights(members, STATES["one less"][0]))
    monkeypatch.setattr(keras.optimizers.Adam, "build", note)
    with pytest.raises(ValueError, match="of another"):
        kr.load_model(path)
    assert made == [[True] * len(made[0])]


def test_whoever_asks_sees_a_state_that_broke_down(members, tmp_path):
    change, _ = STATES["infinite"]
    path = write(tmp_path / "state.keras", with_weights(members, change))
    optimizer = kr.load_model(path, allow_not_finite=True).optimizer
    assert np.isinf(keras.ops.convert_to_numpy(optimizer.variables[3])).all()


def test_an_optimizer_is_not_read_from_an_old_file(tmp_path):
    model = small_model()
    model.compile("adam", "mse")
    model.save(tmp_path / "model.h5")
    with pytest.raises(ValueError, match=r"load_model takes \.keras files"):
        kr.load_model(tmp_path / "model.h5")
