"""From the word that the user wrote to the data."""

from __future__ import annotations

import os
from pathlib import Path

from keras_residual.common.files import at_home
from keras_residual.common.wording import nearest
from keras_residual.train.data import built_in, folder, npy, npz
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.data.scan import Watch
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe

WORDS = ("fashion-mnist", "digits")
TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".parquet")


def load(recipe: Recipe, watch: Watch | None = None) -> Dataset:
    """Reads the data that a recipe names.

    Args:
        recipe: Names the data, the label's column, the share held out.
        watch: Called with the number of pictures looked at and their total.

    Raises:
        InputError: The data is unknown, missing, damaged or of no use.

    Examples:
        >>> dataset = load(Recipe(data="fashion-mnist"))
        >>> len(dataset.train.labels), dataset.train.shape
        (6000, (28, 28, 1))
    """
    if recipe.data == "fashion-mnist":
        return built_in.fashion_mnist()
    if recipe.data == "digits":
        return built_in.digits(recipe.validation)
    path = at_home(recipe.data)
    if os.path.isdir(path):  # noqa: PTH112 - as below
        return folder.load(path, recipe, watch)
    if not os.path.exists(path):  # noqa: PTH110 - whatever the word holds
        _refuse_unknown(str(recipe.data))
    if not path.is_file():
        _refuse_special(path)
    if is_array(path):
        return (npy if path.suffix == ".npy" else npz).load(path, recipe)
    if is_table(path):
        from keras_residual.train.data import table  # pandas comes with it

        return table.load(path, recipe)
    raise InputError(
        f"Data {path}: this kind of file is not read.",
        given=f"a file that ends in {path.suffix or 'nothing'!r}",
        needed="Data is a folder of pictures, or a .npz, .npy, .csv, .tsv or .parquet "
        "file.",
        write="--data FILE.npz",
    )


def is_array(path: Path) -> bool:
    """Whether a file holds arrays.

    Args:
        path: The file.
    """
    return path.suffix in (".npz", ".npy")


def is_table(path: Path) -> bool:
    """Whether a file holds a table.

    Args:
        path: The file.
    """
    return path.name.lower().endswith(TABLES)


def _refuse_special(path: Path) -> None:
    raise InputError(
        f"Data {path}: it is no file.",
        given="a pipe, a socket or a device",
        needed="Data is a folder of pictures, or a file of arrays or a table.",
        write="--data FILE.npz",
    )


def _refuse_unknown(word: str) -> None:
    path = Path(word)
    is_path = path.suffix or len(path.parts) > 1
    raise InputError(
        f"Data {word}: {'there is no such file or folder' if is_path else 'unknown'}.",
        given=f"data={word!r}, seen from {Path.cwd()}",
        needed="Data is one of our words, or a folder or file that exists.",
        write=f"--data {'FOLDER' if is_path else nearest(word, WORDS)}",
    )
