"""From the word that the user wrote to the data."""

from __future__ import annotations

import os
from pathlib import Path

from keras_residual.train.data import digits, fashion_mnist, folder, npz, table
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.data.scan import Watch
from keras_residual.train.mistake import InputError, nearest
from keras_residual.train.recipe import Recipe

WORDS = ("fashion-mnist", "digits")


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
        return fashion_mnist.load()
    if recipe.data == "digits":
        return digits.load(recipe.validation)
    path = Path(recipe.data).expanduser()
    if os.path.isdir(path):  # noqa: PTH112 - as below
        return folder.load(path, recipe, watch)
    if not os.path.exists(path):  # noqa: PTH110 - whatever the word holds
        _refuse_unknown(recipe.data)
    if not path.is_file():
        _refuse_special(path)
    if path.suffix == ".npz":
        return npz.load(path, recipe)
    if path.suffix == ".csv":
        return table.load(path, recipe.label, recipe.validation)
    raise InputError(
        f"Data {path}: this kind of file is not read.",
        given=f"a file that ends in {path.suffix or 'nothing'!r}",
        needed="Data is a folder of pictures, a .npz file or a .csv file.",
        write="--data FILE.npz",
    )


def _refuse_special(path: Path) -> None:
    raise InputError(
        f"Data {path}: it is no file.",
        given="a pipe, a socket or a device",
        needed="Data is a folder of pictures, a .npz file or a .csv file.",
        write="--data FILE.npz",
    )


def _refuse_unknown(word: str) -> None:
    path = Path(word)
    is_path = path.suffix or len(path.parts) > 1
    raise InputError(
        f"Data {word}: {'there is no such file or folder' if is_path else 'unknown'}.",
        given=f"data={word!r}, seen from {Path.cwd()}",
        needed="Data is one of our words, or a folder, .npz or .csv file that exists.",
        write=f"--data {'FOLDER' if is_path else nearest(word, WORDS)}",
    )
