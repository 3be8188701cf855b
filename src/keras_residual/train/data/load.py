"""From the word that the user wrote to the data; two words need no file."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_residual.common.extras import extra
from keras_residual.common.files import at_home
from keras_residual.common.wording import closest
from keras_residual.train.data import folder, npy, npz
from keras_residual.train.data.arrays import make_dataset
from keras_residual.train.data.dataset import ArraySource, Dataset
from keras_residual.train.data.reading import with_reading
from keras_residual.train.data.scan import Watch
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe

WORDS = ("fashion-mnist", "digits")
_FASHION = Path(__file__).with_name("fashion_mnist_7k.npz")
_CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt"),
    *("Sneaker", "Bag", "Ankle boot"),
)
TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".parquet")


def load(recipe: Recipe, watch: Watch | None = None) -> Dataset:
    """Reads the data that a recipe names.

    Args:
        recipe: Names the data, the label's column, the share held out.
        watch: Called with the number of pictures looked at and their total.

    Raises:
        InputError: The data is unknown, missing, damaged or of no use.
        PackageError: scikit-learn is not installed, and digits are asked for.

    Examples:
        >>> dataset = load(Recipe(data="fashion-mnist"))
        >>> len(dataset.train.labels), dataset.train.shape
        (6000, (28, 28, 1))
    """
    if recipe.data == "fashion-mnist":
        return fashion_mnist()
    if recipe.data == "digits":
        return _digits(recipe.validation)
    path = locate(recipe.data)
    if path.is_dir():
        return folder.load(path, recipe, watch)
    if is_array(path):
        return (npy if path.suffix == ".npy" else npz).load(path, recipe)
    from keras_residual.train.data import table  # pandas comes with it

    return table.load(path, recipe)


def locate(data: str | Path) -> Path:
    """Returns the folder or file that a word names; one of our words needs none.

    Args:
        data: As a recipe has it.

    Raises:
        InputError: It is not there, or of a kind that is not read.
    """
    path = at_home(data)
    if data in WORDS or os.path.isdir(path):  # noqa: PTH112 - as below
        return path
    if not os.path.exists(path):  # noqa: PTH110 - whatever the word holds
        _refuse_unknown(str(data))
    if not path.is_file():
        _refuse_special(path)
    if is_array(path) or is_table(path):
        return path
    is_model = path.suffix in (".keras", ".h5")
    raise InputError(
        f"Data {path}: this kind of file is not read.",
        given=f"a {'model' if is_model else 'file'} that ends in "
        f"{path.suffix or 'nothing'!r}",
        needed="Data is a folder of pictures, or a .npz, .npy, .csv, .tsv or .parquet "
        "file.",
        write="--data FILE.npz",
    )


def whole_path(data: str | Path) -> str:
    """Returns the path of data from the root on; one of our words stays as it is.

    Args:
        data: As a recipe has it.
    """
    path = at_home(data)
    return str(path.resolve() if path.exists() else data)


def must_be_there(file: str | Path) -> Path:
    """Returns the path of a file to predict on.

    Args:
        file: As it was written.

    Raises:
        InputError: There is no such file.
    """
    path = at_home(file)
    if not os.path.exists(path):  # noqa: PTH110 - whatever its name holds
        raise InputError(
            f"File {path}: there is no such file.",
            given=f"{str(file)!r}, seen from {Path.cwd()}",
            needed="Files are pictures, arrays or tables that exist.",
            write="keras-residual predict RUN FILE",
        )
    return path


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
        write=f"--data {'FOLDER' if is_path else closest(word, WORDS)}",
    )


def _digits(validation: float) -> Dataset:
    """Reads scikit-learn's 1,797 handwritten digits."""
    with extra("digits", "Data digits"):
        from sklearn.datasets import load_digits
    shades, labels = load_digits(return_X_y=True)  # 0 to 16
    pictures = (shades.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    dataset = make_dataset(
        "digits", (pictures, np.asarray(labels)), validation=validation, layout="grey"
    )
    return replace(dataset, augment="crop")  # a mirrored 2 is not a 2


def fashion_mnist() -> Dataset:
    """Reads the first 6,000 training and 1,000 test pictures of Fashion-MNIST.

    Reference:
        Xiao, Rasul and Vollgraf, Fashion-MNIST: a Novel Image Dataset for
        Benchmarking Machine Learning Algorithms, 2017.
        https://arxiv.org/abs/1708.07747
    """
    with np.load(_FASHION, allow_pickle=False) as file:
        train, test = (
            ArraySource(file[f"x_{part}"][..., None], file[f"y_{part}"].astype("int32"))
            for part in ("train", "test")
        )
    dataset = Dataset(
        name="Fashion-MNIST",
        kind="picture",
        classes=_CLOTHES,
        train=train,
        test=test,
        augment="flip-crop",
        fingerprint=hashlib.sha256(_FASHION.read_bytes()).hexdigest(),
    )
    return with_reading(dataset)
