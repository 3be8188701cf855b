import csv
import io
import json

import keras
import pytest

import keras_residual as kr


@pytest.fixture
def network(tmp_path):
    inputs = keras.Input((8, 8, 3))
    x = kr.blocks.basic(4)(keras.layers.Rescaling(1 / 255)(inputs), name="unit")
    x = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, x, name="small")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.save(tmp_path / "small.keras")
    return tmp_path / "small.keras"


def test_a_table_and_a_file(command, network, data, tmp_path):
    out = tmp_path / "table.csv"
    options = ["--columns", "ratio,lesion", "--out", out]
    code, output, _ = command("measure", network, "--data", data, *options)
    assert code == 0
    assert "small: 1 unit, 4 examples" in output
    (row,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert list(row) == ["unit", "kind", "ratio", "lesion"]
    assert float(row["ratio"]) > 0


def test_the_same_numbers_as_csv_and_json(command, network, data):
    words = ("measure", network, "--data", data, "--examples", 3)
    code, output, _ = command(*words, "--format", "json")
    assert code == 0
    table = json.loads(output)
    assert table["examples"] == 3
    code, output, _ = command(*words, "--format", "csv")
    assert code == 0
    (row,) = csv.DictReader(io.StringIO(output))
    assert float(row["cosine"]) == table["rows"][0]["cosine"]


def test_pictures_of_a_folder_are_read_in_the_size_of_the_network(
    command, network, pictures
):
    code, output, _ = command("measure", network, "--data", pictures, "--format", "csv")
    assert code == 0
    assert output.startswith("unit,kind,ratio")


def test_mistakes_end_with_a_reason(command, network, data, tmp_path):
    words = ("--data", data, "--columns", "ration")
    code, _, errors = command("measure", network, *words)
    assert (code, "--columns ratio" in errors) == (2, True)
    code, _, errors = command("measure", tmp_path / "none.keras", "--data", data)
    assert (code, "none.keras" in errors) == (2, True)
    code, _, errors = command("measure", network, "--data", "digit")
    assert (code, "--data digits" in errors) == (2, True)
    code, _, errors = command("measure", network, "--data", "fashion-mnist")

    assert (code, "examples (28, 28, 1)" in errors) == (2, True)
