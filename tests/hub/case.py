"""One backbone of keras-hub at a tiny size, and what is true of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

LAYERS = 2
VOCABULARY, STEPS, SIDE, BATCH = 32, 6, 32, 2
SHAPE = (SIDE, SIDE, 3)
Inputs = Any
"""What the model is called on: an array, or a dictionary of them."""


@dataclass(frozen=True)
class Case:
    """A class of `keras_hub.models`, built small with weights drawn at random.

    Attributes:
        name: Its public name.
        create: Builds it; called with the class.
        inputs: Makes a batch for it.
        units: How many residual units it has; None where the source leaves it open.
        where: Where keras-hub writes their sums, or why their number is open.
        broken: By backend, what keeps keras-hub itself from running there.
    """

    name: str
    create: Callable[[Any], Any]
    inputs: Callable[[], Inputs]
    units: int | None
    where: str
    broken: tuple[tuple[str, str], ...] = ()

    def build(self) -> Any:
        """Returns the model."""
        import keras_hub

        return self.create(getattr(keras_hub.models, self.name))


def numbers(*shape: int) -> np.ndarray:
    """Draws an input of numbers, for a batch."""
    drawn = np.random.default_rng(0).standard_normal((BATCH, *shape))
    return drawn.astype("float32")


def tokens(steps: int = STEPS, seed: int = 0) -> np.ndarray:
    """Draws tokens; none is 0, which some classes take for padding."""
    drawn = np.random.default_rng(seed).integers(1, VOCABULARY, (BATCH, steps))
    return drawn.astype("int32")


def padding(steps: int = STEPS) -> np.ndarray:
    """Returns a mask of which the last sample has two steps of padding."""
    mask = np.ones((BATCH, steps), "int32")
    mask[-1, -2:] = 0
    return mask


def text(**more: np.ndarray) -> dict[str, np.ndarray]:
    """Returns tokens and their padding, and what is given beside them."""
    return {"token_ids": tokens(), "padding_mask": padding(), **more}


def pair(**more: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the text for an encoder, a longer one for a decoder, and more."""
    return {
        "encoder_token_ids": tokens(),
        "encoder_padding_mask": padding(),
        "decoder_token_ids": tokens(STEPS + 1, seed=1),
        "decoder_padding_mask": padding(STEPS + 1),
        **more,
    }


def picture(side: int = SIDE) -> np.ndarray:
    """Draws pictures in channels_last."""
    return numbers(side, side, 3)
