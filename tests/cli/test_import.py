import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.compose.models import registry

CODE = """
import keras

@keras.saving.register_keras_serializable("mine")
class Forgetful(keras.layers.Dense):
    def get_config(self):
        return {**super().get_config(), "found": 4}

@keras.saving.register_keras_serializable("mine")
class Unit(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = Forgetful(4)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        return x + self.dense(x)
"""


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """A file of a model with a class of a module that lies beside it."""
    (tmp_path / "own_units.py").write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__("own_units")
    x = keras.Input((4,))
    y = module.Unit(name="second")(module.Unit(name="unit")(x))
    model = keras.Model(x, y)
    model.save("own.keras")
    yield model
    del sys.modules["own_units"]
    for name in ("mine>Unit", "mine>Forgetful"):
        keras.saving.get_custom_objects().pop(name, None)


def test_a_file_with_classes_of_a_module_is_opened_with_it(saved):
    with pytest.raises(kr.ResidualError):
        kr.open_model("own.keras")
    model = kr.open_model("own.keras", modules=["own_units"])
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model(x)), keras.ops.convert_to_numpy(saved(x))
    )
    assert [unit.path for unit in kr.find_residuals(model)] == [
        "unit/add",
        "second/add",
    ]


def test_a_module_that_is_missing_is_named(saved):
    with pytest.raises(kr.ResidualError, match="module 'no_such' cannot be imported"):
        kr.open_model("own.keras", modules=["no_such"])
    Path("broken.keras").write_bytes(b"no archive")
    with pytest.raises(kr.ResidualError, match="cannot be loaded with the modules"):
        kr.open_model("broken.keras", modules=["own_units"])


def test_a_command_says_that_it_runs_code(saved, command):
    code, _, errors = command("check", "own.keras", "--import", "own_units")
    assert code == 0
    assert "runs the code of own_units" in errors


def test_what_would_not_open_again_is_not_written(saved, command):
    words = ["--drop", "unit/add", "--import", "own_units"]
    code, _, errors = command("rewire", "own.keras", *words)
    assert code == 2
    assert "it would not open again" in errors
    assert "'found': 4" in errors
    assert not Path("own-rewired.keras").exists()


NETWORK = """
import keras_residual as kr

@kr.models.register("of_my_own", input_shape=(64,))
def network(x, classes):
    return kr.dense(classes)(kr.blocks.tabular(8)(x))
"""


def test_a_network_of_a_module_is_trained_and_gone_on_with(
    tmp_path, monkeypatch, command
):
    (tmp_path / "own_network.py").write_text(NETWORK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    np.savez("data.npz", x=np.eye(24, 4), y=np.arange(24) % 2)
    words = ["--data", "data.npz", "--model", "of_my_own", "--epochs", "1"]
    code, _, errors = command("train", *words, "--out", "run")
    assert code == 2
    assert "--import MODULE" in errors
    words += ["--import", "own_network"]
    code, output, errors = command("train", *words, "--out", "run")
    assert code == 0
    assert "network   of_my_own" in output
    assert "runs the code of own_network" in errors
    again = ["--resume", "--out", "run"]
    sys.modules.pop("own_network")
    registry.FAMILIES.pop("of_my_own")
    assert command("train", *again, "--import", "own_network")[0] == 0
    registry.FAMILIES.pop("of_my_own")
