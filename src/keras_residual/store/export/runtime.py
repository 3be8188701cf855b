"""A file in the runtime that it is made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What reads and runs a file.

    Args:
        name: The runtime, with its version.
        run: Makes outputs, in Keras's order, of arrays in the order of `model.inputs`.
    """

    name: str
    run: Callable[[Arrays], list[Any]]


def by_name(model: keras.Model, names: Sequence[str], arrays: Arrays) -> dict[str, Any]:
    """Returns what a file's inputs are given.

    Converters keep the names of the inputs, but not always their order. Where they
    changed a name, the order is all there is.

    Args:
        model: The model that was written.
        names: The inputs in the file.
        arrays: In the order of `model.inputs`.
    """
    own = [tensor.name for tensor in model.inputs]
    if sorted(own) != sorted(names):
        own = list(names)
    return dict(zip(own, arrays, strict=True))
