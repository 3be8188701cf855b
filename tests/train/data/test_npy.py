"""Arrays that stay on the disk."""

import numpy as np
import pytest

from keras_residual.train import InputError, Recipe
from keras_residual.train.data import load

X = np.random.default_rng(0).normal(size=(40, 5))
Y = np.arange(40) % 2


def read(path, **options):
    return load(Recipe(data=str(path), **options))


@pytest.mark.parametrize(
    ("values", "labels"),
    [("x", "y"), ("X", "y"), ("set1_x", "set1_y"), ("features", "targets")],
)
def test_labels_are_beside_the_values(tmp_path, values, labels):
    np.save(tmp_path / f"{values}.npy", X)
    np.save(tmp_path / f"{labels}.npy", Y)
    dataset = read(tmp_path / f"{values}.npy", validation=0.25)
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (30, 10)
    seen = np.concatenate(
        [dataset.train.batch(np.arange(30)), dataset.test.batch(np.arange(10))]
    )
    assert seen.dtype == np.float32
    assert (np.sort(seen, 0) == np.sort(X, 0).astype("float32")).all()


def test_values_stay_in_their_file(tmp_path):
    np.save(
        tmp_path / "x.npy", np.moveaxis(np.tile(X[:, :3, None, None], (8, 9)), 1, 1)
    )
    np.save(tmp_path / "y.npy", Y)
    dataset = read(tmp_path / "x.npy")
    assert dataset.train.shape == (8, 9, 3)
    assert isinstance(dataset.train.values, np.memmap)
    first = dataset.train.batch(np.array([0, 2]))
    assert (
        first == dataset.train.values[dataset.train.rows[[0, 2]]].astype("f4")
    ).all()


def test_four_files_are_a_split(tmp_path):
    for name, array in {
        "x_train": X,
        "y_train": Y,
        "x_test": X[:6],
        "y_test": Y[:6],
    }.items():
        np.save(tmp_path / f"{name}.npy", array)
    dataset = read(tmp_path / "x_train.npy")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (40, 6)


def test_what_is_missing_or_damaged_is_named(tmp_path):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(InputError, match=r"no file y\.npy beside it"):
        read(tmp_path / "x.npy")
    (tmp_path / "y.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:90])
    with pytest.raises(InputError, match=r"y\.npy: the file cannot be read"):
        read(tmp_path / "x.npy")
    np.save(tmp_path / "y.npy", np.array([{}] * 40))
    with pytest.raises(InputError, match="never unpickled"):
        read(tmp_path / "x.npy")
