import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.cli.examples import held_out


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
    for row in ("parameters", "multiply-adds (FLOPs)", "latency, one sample"):
        assert row in output
    assert "accuracy" not in output
    new = kr.open_model(file.with_name("model-rewired.keras"))
    assert [u.path for u in kr.find_residuals(new)] == ["second_skip_add"]
    names = {layer.name for layer in new.layers}
    assert "top" in names
    assert not names & {"act", "head"}


def shares(output):
    (row,) = [line for line in output.splitlines() if "accuracy of" in line]
    return [float(word.rstrip("%")) / 100 for word in row.split()[3:]]


def test_accuracy_before_and_after_where_there_is_data(command, file, data):
    words = ["--delete", "first", "--data", data, "--examples", "3"]
    code, output, _ = command("rewire", file, *words)
    assert code == 0
    held = held_out(kr.open_model(file), file, {"data": str(data)}, 3)
    models = [kr.open_model(file), kr.open_model(file.with_name("model-rewired.keras"))]
    expected = [
        (model.predict(held[0], verbose=0).argmax(1) == held[1]).mean()
        for model in models
    ]
    assert shares(output) == pytest.approx(expected, abs=1e-3)
    assert "accuracy of 3 " in output


def test_a_cost_that_is_not_known_is_said(command, tmp_path):
    x = keras.Input((None, 3), name="x")
    y = layers.Dense(2, name="head")(layers.LSTM(3, name="memory")(x))
    keras.Model(x, y).save(tmp_path / "model.keras")
    code, output, _ = command(
        "rewire", tmp_path / "model.keras", "--rename", "head=top"
    )
    assert code == 0
    assert output.count("not known of memory") == 2


def test_an_old_name_may_hold_an_equals_sign(command, file):
    code, _, errors = command("rewire", file, "--rename", "a=b=top")
    assert code == 2
    assert "'a=b'" in errors or '"a=b"' in errors


def test_two_outputs_are_not_judged(command, file, data):
    model = kr.open_model(file)
    outputs = [model.output, model.get_layer("pool").output]
    keras.Model(model.input, outputs).save(file)
    code, _, errors = command("rewire", file, "--delete", "act", "--data", data)
    assert code == 2
    assert "a model with 2 outputs" in errors
    assert not file.with_name("model-rewired.keras").exists()


def test_examples_that_do_not_fit_are_refused_before_the_work(command, file):
    words = ["--add-skips", "--data", "digits"]
    code, _, errors = command("rewire", file, *words)
    assert code == 2
    assert "examples (8, 8, 1), and the model takes (None, 8, 8, 3)" in errors
    assert not file.with_name("model-rewired.keras").exists()


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
    assert len(shares(output)) == 2
    assert not kr.find_residuals(kr.open_model(out))


def test_a_model_without_a_loss_is_not_pruned(command, file, data):
    model = keras.saving.load_model(file, compile=False)
    model.save(file)
    code, _, errors = command("prune", file, "--data", data)
    assert code == 2
    assert "the loss is not known" in errors


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["prune"], 'by="loss"'),
        (["fuse"], "without --data"),
        (["rewire", "--delete", "act"], "without --data"),
    ],
)
def test_targets_have_no_accuracy(command, file, tmp_path, words, advice):
    values = np.random.default_rng(0).normal(size=(30, 8, 8, 3))
    np.savez(tmp_path / "a.npz", x=values, y=values[:, 0, 0, 0])
    name, *rest = words
    code, _, errors = command(name, file, *rest, "--data", tmp_path / "a.npz")
    assert code == 2
    assert "a regression task" in errors
    assert advice in errors
    assert [one.name for one in tmp_path.glob("*.keras")] == ["model.keras"]


def test_pruning_asks_for_a_loss_where_one_can_be_given(command, file, data):
    model = kr.open_model(file)
    keras.Model(model.input, model.output).save(file)
    code, _, errors = command("prune", file, "--data", data)
    assert code == 2
    assert "Write:   model.compile(loss=keras.losses.Sparse" in errors


def test_where_nothing_changes_no_file_is_written(command, tmp_path):
    layers = [keras.Input((4,)), keras.layers.Dense(1)]
    keras.Sequential(layers).save(tmp_path / "model.keras")
    code, output, _ = command("rewire", tmp_path / "model.keras", "--add-skips")
    assert code == 0
    assert "no file is written" in output
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]


def test_a_unit_grows_and_the_proof_is_printed(command, file):
    (unit,) = kr.find_residuals(keras.saving.load_model(file))
    code, output, _ = command("rewire", file, "--grow", unit.path, "--init", "zero")
    assert code == 0
    assert "largest difference" in output
    assert "adds nothing" in output
    new = kr.open_model(file.with_name("model-rewired.keras"))
    assert len(kr.find_residuals(new)) == 2


def test_blocks_are_pruned(command, file, data):
    words = ["--data", data, "--units", "block", "--tolerance", "1"]
    code, output, _ = command("prune", file, *words)
    assert code == 0
    (unit,) = kr.find_residuals(kr.open_model(file))
    assert unit.path in output
    assert not kr.find_residuals(kr.open_model(file.with_name("model-pruned.keras")))
