"""The seconds-long smoke set: handwritten digits of 8x8 pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from keras_residual.train.data.arrays import make_dataset
from keras_residual.train.data.dataset import Dataset
from keras_residual.train.mistake import InputError


def load(validation: float) -> Dataset:
    """Reads scikit-learn's 1,797 handwritten digits.

    Args:
        validation: Share of the pictures held out.

    Raises:
        InputError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError(
            "Data digits: scikit-learn is not installed.",
            given='--data "digits"',
            needed="The pictures are read from scikit-learn, an extra.",
            write='pip install "keras-residual[digits]"',
        ) from None
    shades, labels = load_digits(return_X_y=True)  # 0 to 16
    pictures = (shades.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    dataset = make_dataset(
        "digits", (pictures, np.asarray(labels)), validation=validation, layout="grey"
    )
    return replace(dataset, augment="crop")  # a mirrored 2 is not a 2
