"""A row of the table of what is public."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

import keras_residual as kr

PICTURE = (6, 6, 4)


@dataclass(frozen=True)
class Row:
    """Something public, and how to put it into a model.

    Attributes:
        name: The public name, such as `blocks.basic, strided`.
        create: Makes the part, the recipe or the layer; for models, the arguments.
        shape: Shape of one sample.
        ours: Why the file needs our package to load. Empty: Keras alone loads it.
        silent: Regular expression of the weights that have no gradient before the
            first step.
        because: Why they have none.
    """

    name: str
    create: Callable[[], Any]
    shape: tuple[int, ...] = PICTURE
    ours: str = ""
    silent: str = ""
    because: str = ""

    @property
    def public(self) -> str:
        return self.name.split(",")[0]

    def model(self, shape: tuple[int | None, ...] | None = None) -> keras.Model:
        """Builds a model of nothing else."""
        shape = shape or self.shape
        if self.public.startswith("models."):
            name = self.public.removeprefix("models.")
            return kr.models.build(name, shape, 3, **self.create())
        inputs = keras.Input(shape)
        return keras.Model(inputs, self.create()(inputs))
