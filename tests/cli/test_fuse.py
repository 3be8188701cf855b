import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture
def file(tmp_path):
    inputs = keras.Input((8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(inputs))
    model = keras.Model(inputs, layers.Dense(2)(layers.Dropout(0.2)(x)))
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_a_file_is_fused(command, file):
    code, output, _ = command("fuse", file)
    out = file.with_name("model-fused.keras")
    assert code == 0
    assert "2 changes, largest difference" in output
    assert "BatchNormalization  into Conv2D" in output
    assert "one sample" in output
    assert "model-fused.keras" in output
    old, new = (keras.saving.load_model(path) for path in (file, out))
    assert [type(layer).__name__ for layer in new.layers[1:]] == ["Conv2D", "Dense"]
    given = np.random.default_rng(0).random((2, 8, 8, 3), "float32")
    numbers = [keras.ops.convert_to_numpy(model(given)) for model in (old, new)]
    np.testing.assert_allclose(*numbers, atol=1e-6)


def test_accuracy_before_and_after_where_there_is_data(command, tmp_path, data):
    inputs = keras.Input((8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))
    x = layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
    keras.Model(inputs, x).save(tmp_path / "model.keras")
    code, output, _ = command("fuse", tmp_path / "model.keras", "--data", data)
    assert code == 0
    (row,) = [line for line in output.splitlines() if "accuracy of" in line]
    before, after = row.split()[3:]
    assert before == after
    assert before.endswith("%")


def test_two_outputs_are_not_judged(command, tmp_path, data):
    x = inputs = keras.Input((8, 8, 3), name="x")
    x = layers.GlobalAveragePooling2D()(x)
    heads = [layers.Dense(2, name=name)(x) for name in ("a", "b")]
    keras.Model(inputs, heads).save(tmp_path / "model.keras")
    code, _, errors = command("fuse", tmp_path / "model.keras", "--data", data)
    assert code == 2
    assert "a model with 2 outputs" in errors
    assert not (tmp_path / "model-fused.keras").exists()


def test_two_inputs_take_no_folder_of_pictures(command, tmp_path, pictures):
    pair = [keras.Input((8, 8, 3), name=name) for name in ("a", "b")]
    y = layers.GlobalAveragePooling2D()(layers.Add()(pair))
    keras.Model(pair, layers.Dense(2)(y)).save(tmp_path / "model.keras")
    code, _, errors = command("fuse", tmp_path / "model.keras", "--data", pictures)
    assert code == 2
    assert "An example is one array" in errors


def test_no_file_is_written_over(command, file):
    code, _, errors = command("fuse", file, "--out", file)
    assert code == 2
    assert f"--out {file.with_name('model-2.keras')}" in errors


def test_a_model_of_an_h5_file_is_written_where_it_is_advised(command, file):
    legacy = file.with_suffix(".h5")
    keras.saving.load_model(file, compile=False).save(legacy)
    file.unlink()
    code, _, errors = command("fuse", legacy, "--out", legacy)
    assert code == 2
    assert "it ends in '.h5'" in errors
    advised = errors.partition("--out ")[2].split("\n")[0]
    assert command("fuse", legacy, "--out", advised)[0] == 0
    assert keras.saving.load_model(advised).count_params()
    code, _, errors = command("fuse", legacy, "--out", file.parent / "no" / "a.keras")
    assert code == 2
    assert "no is no folder" in errors
    assert "--out a.keras" in errors


def test_where_nothing_changes_no_file_is_written(command, tmp_path):
    inputs = keras.Input((4,))
    x = layers.BatchNormalization()(layers.ReLU()(inputs))
    keras.Model(inputs, x).save(tmp_path / "model.keras")
    code, output, _ = command("fuse", tmp_path / "model.keras")
    assert code == 0
    assert output.startswith("nothing changed")
    assert "BatchNormalization  no linear layer" in output
    assert "no file is written" in output
    assert list(tmp_path.iterdir()) == [tmp_path / "model.keras"]


def test_a_difference_ends_the_command(command, file):
    code, _, errors = command("fuse", file, "--tolerance", "1e-12")
    assert code == 2
    assert "computes something else" in errors
    assert not file.with_name("model-fused.keras").exists()


def test_what_is_no_model_is_refused(command, tmp_path):
    (tmp_path / "words.keras").write_text("no")
    code, _, errors = command("fuse", tmp_path / "words.keras")
    assert code == 2
    assert "words.keras" in errors


def test_a_change_is_proved_on_inputs_in_a_file(command, file, tmp_path):
    given = np.random.default_rng(0).random((3, 8, 8, 3), "float32")
    np.savez(tmp_path / "inputs.npz", x=given)
    code, output, errors = command("fuse", file, "--inputs", tmp_path / "inputs.npz")
    assert code == 0, errors
    assert "2 changes, largest difference" in output
