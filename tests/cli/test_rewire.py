import keras
import pytest
from keras import layers

import keras_residual as kr


@pytest.fixture
def file(tmp_path):
    """A unit that changes nothing, and two plain layers behind it."""
    x = inputs = keras.Input((8, 8, 3), name="x")
    x = layers.Rescaling(1 / 255, name="to_one")(x)
    unit = kr.Residual([kr.conv(3, 3), "relu", kr.conv(3, 3), kr.scale(0.0)])
    x = unit(x, name="unit")
    x = layers.Conv2D(3, 3, padding="same", name="first")(x)
    x = layers.Conv2D(3, 3, padding="same", name="second")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(layers.ReLU(name="act")(x))
    model = keras.Model(inputs, layers.Dense(2, name="head")(x), name="small")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_skips_units_layers_and_names(command, file):
    (unit,) = kr.find_residuals(keras.saving.load_model(file))
    words = ["--add-skips", "--drop", unit.path, "--delete", "act"]
    code, output, _ = command("rewire", file, *words, "--rename", "head=top")
    assert code == 0
    assert "is added, times zero" in output
    assert "one sample" in output
    new = kr.open_model(file.with_name("model-rewired.keras"))
    assert [u.path for u in kr.find_residuals(new)] == ["second_skip_add"]
    names = {layer.name for layer in new.layers}
    assert "top" in names
    assert not names & {"act", "head"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--add-skips"),
        (["--rename", "head"], "--rename block1/conv=first"),
        (["--drop", "unti"], "finds no such unit"),
        (["--add-skips", "--out", "model.txt"], "The file to write does not fit"),
    ],
)
def test_what_cannot_be_done_is_said(command, file, words, said):
    code, _, errors = command("rewire", file, *words)
    assert code == 2
    assert said in errors
    assert not file.with_name("model-rewired.keras").exists()


def test_a_unit_that_does_nothing_is_pruned(command, file, data):
    out = file.with_name("short.keras")
    code, output, _ = command("prune", file, "--data", data, "--out", out)
    assert code == 0
    assert "too much" not in output
    assert "accuracy" in output
    assert not kr.find_residuals(kr.open_model(out))


def test_a_model_without_a_loss_is_not_pruned(command, file, data):
    model = keras.saving.load_model(file, compile=False)
    model.save(file)
    code, _, errors = command("prune", file, "--data", data)
    assert code == 2
    assert "the loss is not known" in errors
