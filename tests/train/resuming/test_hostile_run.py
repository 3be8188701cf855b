"""A run folder that somebody else has changed."""

import io
import json
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from keras_residual.train import InputError, predict, resume

WEIGHTS = "model.weights.h5"
STEPS = "optimizer/vars/0"


@pytest.fixture
def run(finished, tmp_path):
    """A run without checkpoints, which goes on from its model file."""
    left_out = shutil.ignore_patterns("checkpoints")
    return shutil.copytree(finished.folder, tmp_path / "run", ignore=left_out)


def edit_recipe(run, **changes):
    contents = json.loads((run / "recipe.json").read_text())
    contents["data"].update(changes)
    (run / "recipe.json").write_text(json.dumps(contents))


def edit_weights(run, change):
    """Changes the arrays of the saved network; `change` edits the open HDF5 file."""
    with zipfile.ZipFile(run / "model.keras") as file:
        members = {name: file.read(name) for name in file.namelist()}
    weights = io.BytesIO(members[WEIGHTS])
    with h5py.File(weights, "r+") as file:
        change(file)
    with zipfile.ZipFile(run / "model.keras", "w") as file:
        for name, data in {**members, WEIGHTS: weights.getvalue()}.items():
            file.writestr(name, data)


def like(file, steps):
    """Of the type that the backend counts steps in."""
    return np.array(steps, file[STEPS].dtype)


def first(file, shape_of=4) -> str:
    """Returns the name of an array of the network; by default a kernel."""
    found = []
    file["layers"].visititems(
        lambda name, item: (
            found.append(f"layers/{name}")
            if isinstance(item, h5py.Dataset) and item.ndim == shape_of
            else None
        )
    )
    return found[0]


def replace(file, name, values):
    del file[name]
    file[name] = values


def picture(folder):
    Image.new("RGB", (8, 8), (200, 10, 10)).save(folder / "a.png")
    return folder / "a.png"


def test_a_shape_in_the_recipe_is_not_believed(run, finished, tmp_path):
    file = picture(tmp_path)
    edit_recipe(run, shape=[100_000, 100_000, 3])
    assert list(predict(run, [file])) == list(predict(finished.folder, [file]))


@pytest.mark.parametrize("classes", [["one"], [], ["a", "b", "c"]])
def test_classes_that_are_not_the_networks_are_refused(run, tmp_path, classes):
    edit_recipe(run, classes=classes)
    with pytest.raises(InputError, match=f"{len(classes)} classes.*outputs"):
        list(predict(run, [picture(tmp_path)]))


def test_a_network_of_huge_pictures_reads_none(run, tmp_path):
    inputs = keras.Input((50_000, 50_000, 3))
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(inputs))
    keras.Model(inputs, outputs).save(run / "model.keras")
    with pytest.raises(InputError, match="50000"):
        list(predict(run, [picture(tmp_path)]))


def test_a_description_in_the_file_is_not_built(run):
    """Only its arrays are read, into the network of the recipe."""
    with zipfile.ZipFile(run / "model.keras") as file:
        members = {name: file.read(name) for name in file.namelist()}
    members["config.json"] = b'{"class_name": "Lambda"}'
    with zipfile.ZipFile(run / "model.keras", "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    assert len(resume(run).rows) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: replace(f, first(f), f[first(f)][()].astype("f8")), "float64"),
        (lambda f: replace(f, first(f), f[first(f)][()] * np.nan), "not finite"),
        (lambda f: replace(f, first(f), np.zeros((3, 3, 1, 1), "f4")), "another net"),
        (lambda f: f.__delitem__("optimizer"), "another network"),
        (lambda f: replace(f, STEPS, like(f, -4)), "no finished epoch"),
        (lambda f: replace(f, STEPS, like(f, 3)), "no finished epoch"),
        (lambda f: replace(f, STEPS, like(f, 2**30)), "no finished epoch"),
        (lambda f: replace(f, STEPS, np.array(4.0, "f4")), "float32"),
        (
            lambda f: f.create_dataset("x", (2**31,), "f4", compression="gzip"),
            "compressed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_state_that_cannot_have_been_saved_is_refused(run, change, said):
    edit_weights(run, change)
    with pytest.raises(InputError, match=said):
        resume(run)
