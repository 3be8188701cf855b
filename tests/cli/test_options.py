"""Every command that reads data takes the switches that its refusals name."""

import json
import shutil

import keras
import numpy as np
import pytest
import typer
from readings import KIND, A, B, read, write_table

from keras_residual.cli.main import app
from keras_residual.cli.options import SWITCHES
from keras_residual.train.recipe import Recipe
from keras_residual.train.run_folder import RunFolder


@pytest.fixture
def table(tmp_path):
    """A table whose label is asked for."""
    return write_table(tmp_path, {"kind": KIND, "a": A, "b": B})


@pytest.fixture
def network(tmp_path):
    x = keras.Input((2,))
    y = keras.layers.Add(name="skip")([x, keras.layers.Dense(2)(x)])
    y = keras.layers.BatchNormalization()(keras.layers.Dense(2)(y))
    model = keras.Model(x, y, name="small")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.save(tmp_path / "small.keras")
    return tmp_path / "small.keras"


@pytest.mark.parametrize(
    "line",
    [
        *(f"{name} ~/x --out=~/x" for name in ("draw", "export", "inspect", "fuse")),
        *("check a ~/x", "predict ~/x ~/x", "fuse m --inputs=~/x", "compare --out=~/x"),
    ],
)
def test_every_path_may_begin_at_home(line, monkeypatch):
    monkeypatch.setenv("HOME", "/of/mine")
    name, *words = line.split()
    command = typer.main.get_command(app).commands[name]
    there = [word.replace("~", "/of/mine") for word in words]
    contexts = [command.make_context(name, given) for given in (words, there)]
    assert contexts[0].params == contexts[1].params


def test_all_of_them_offer_all_switches():
    takes = {
        name: {one.name for one in command.params}
        for name, command in typer.main.get_command(app).commands.items()
        if any(one.name == "data" for one in command.params)
    }
    assert len(takes) == 8
    assert all(set(SWITCHES) <= names for names in takes.values())


@pytest.mark.parametrize(
    ("command_name", "others"),
    [("measure", ["--columns", "ratio"]), ("check", []), ("fuse", [])],
)
def test_the_advice_of_a_refusal_works(command, network, table, command_name, others):
    words = [command_name, network, "--data", table, *others]
    code, _, errors = command(*words)
    assert code == 2
    assert "Write:   --label kind" in errors
    code, _, errors = command(*words, "--label", "kind")
    assert code == 0, errors


def test_what_is_measured_is_what_was_asked_for(command, network, tmp_path):
    rows = np.stack([A, B], axis=1)
    swapped = np.stack([B, A], axis=1)
    np.savez(tmp_path / "a.npz", x=rows[:, None], y=np.arange(len(A)) % 2)
    write_table(tmp_path, {"kind": KIND, "a": A, "b": B})

    def ratio(*words):
        code, output, errors = command(
            "measure", network, "--columns", "ratio", "--format", "json", *words
        )
        assert code == 0, errors
        return json.loads(output)["rows"][0]["ratio"]

    layout = ratio("--data", tmp_path / "a.npz", "--layout", "table")
    assert ratio("--data", tmp_path / "a.csv", "--label", "kind") == layout
    np.savez(tmp_path / "a.npz", x=swapped[:, None], y=np.arange(len(A)) % 2)
    assert ratio("--data", tmp_path / "a.npz", "--layout", "table") != layout
    half = ratio("--data", tmp_path / "a.csv", "--label", "kind", "--validation", "0.5")
    assert half != layout


@pytest.mark.parametrize("name", ["train", "fuse"])
def test_a_switch_without_data_is_refused(command, network, name):
    files = [network] if name == "fuse" else []
    code, _, errors = command(name, *files, "--skip-bad")
    assert code == 2
    assert "--skip-bad without --data" in errors


@pytest.fixture
def run(network, tmp_path):
    """The folder of a run on a table, with a network that takes its features."""
    data = read(write_table(tmp_path, {"a": A, "b": B, "kind": KIND}))
    found = {"classes": data.classes, "terms": data.terms}
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.create(Recipe(), backend="jax", data=found)
    shutil.copy(network, folder.model)
    return folder


@pytest.mark.parametrize("name", ["measure", "check"])
def test_columns_and_classes_are_those_of_the_run(command, run, tmp_path, name):
    words = [name, run.model, "--data", tmp_path / "new.csv"]
    for columns, said in [
        ({"a": B, "b": A, "kind": KIND}, None),
        ({"b": B, "a": A, "kind": KIND}, "a and b, in this"),
        ({"a": A, "c": B, "kind": KIND}, "a and b, in this"),
        ({"a": A, "b": B, "kind": np.char.upper(KIND)}, "cat and dog, in this"),
    ]:
        write_table(tmp_path, columns, name="new.csv")
        code, _, errors = command(*words)
        assert code == (2 if said else 0), errors
        assert (said or "") in errors
