"""Data to train on; one kind of source a file."""

from keras_residual.train.data.dataset import (
    ArraySource,
    Dataset,
    Source,
    largest_class,
)
from keras_residual.train.data.load import load

__all__ = ["ArraySource", "Dataset", "Source", "largest_class", "load"]
