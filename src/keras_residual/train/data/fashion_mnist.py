"""The pictures that come with the package."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from keras_residual.train.data.dataset import ArraySource, Dataset
from keras_residual.train.data.reading import with_reading

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


def load() -> Dataset:
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
