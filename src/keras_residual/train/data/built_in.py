"""Pictures that need no file: handwritten digits, and Fashion-MNIST."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_residual.common.extras import extra
from keras_residual.train.data.arrays import make_dataset
from keras_residual.train.data.dataset import ArraySource, Dataset
from keras_residual.train.data.reading import with_reading


def digits(validation: float) -> Dataset:
    """Reads scikit-learn's 1,797 handwritten digits.

    Args:
        validation: Share of the pictures held out.

    Raises:
        PackageError: scikit-learn is not installed.
    """
    with extra("digits", "Data digits"):
        from sklearn.datasets import load_digits
    shades, labels = load_digits(return_X_y=True)  # 0 to 16
    pictures = (shades.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    dataset = make_dataset(
        "digits", (pictures, np.asarray(labels)), validation=validation, layout="grey"
    )
    return replace(dataset, augment="crop")  # a mirrored 2 is not a 2


FILE = Path(__file__).with_name("fashion_mnist_7k.npz")
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def fashion_mnist() -> Dataset:
    """Reads the first 6,000 training and 1,000 test pictures of Fashion-MNIST.

    Reference:
        Xiao, Rasul and Vollgraf, Fashion-MNIST: a Novel Image Dataset for
        Benchmarking Machine Learning Algorithms, 2017.
        https://arxiv.org/abs/1708.07747
    """
    with np.load(FILE, allow_pickle=False) as file:
        train, test = (
            ArraySource(file[f"x_{part}"][..., None], file[f"y_{part}"].astype("int32"))
            for part in ("train", "test")
        )
    dataset = Dataset(
        name="Fashion-MNIST",
        kind="picture",
        classes=CLASSES,
        train=train,
        test=test,
        augment="flip-crop",
        fingerprint=hashlib.sha256(FILE.read_bytes()).hexdigest(),
    )
    return with_reading(dataset)
