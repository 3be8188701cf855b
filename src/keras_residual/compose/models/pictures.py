"""What the networks for pictures share: input, end and stochastic depth."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import KindError
from keras_residual.compose.part import Made, Part, as_part
from keras_residual.compose.parts import dense, drop_rates, dropout, pool


def picture(size: int, colours: int = 3) -> tuple[int, int, int]:
    """Returns the shape of one square picture, as the data format has it."""
    first = keras.config.image_data_format() == "channels_first"
    return (colours, size, size) if first else (size, size, colours)


class OfPictures:
    """Networks whose pictures are square, and coloured.

    Attributes:
        size: Height and width of a picture.
    """

    size: int

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one image."""
        return picture(self.size)


def head(
    before: Any,
    classes: int | None,
    *,
    after: Any = None,
    dropout_rate: float = 0.0,
    default: int = 1000,
) -> Part:
    """Returns the end of a network: what is before, the mean of all places, logits.

    Args:
        before: The part before the mean.
        classes: Size of the output; None for `default`, 0 for no more than `before`.
        after: The part after the mean.
        dropout_rate: Share of the means that is dropped.
        default: Classes of the publication.
    """
    classes = default if classes is None else classes
    if not classes:
        return as_part(before)
    dropped = dropout(dropout_rate) if dropout_rate else None
    return as_part([before, pool("global_average"), after, dropped, dense(classes)])


def tails(drop_path: Any, blocks: int) -> list[Any]:
    """Returns the part that ends each block; seeded ones draw each for themselves."""
    if drop_path is None:
        return [None] * blocks
    if not isinstance(drop_path, Made):
        raise KindError(
            f"drop_path={drop_path!r} holds no rate to scale with depth.",
            needed="It is the part of the last block.",
            write="drop_path=kr.drop_path(0.2)",
        )
    seed = drop_path.given.get("seed")
    seeds = [None if seed is None else seed + block for block in range(blocks)]
    rates = drop_rates(drop_path.given["rate"], blocks)
    pairs = zip(rates, seeds, strict=True)
    return [drop_path.but(rate=rate, seed=own) for rate, own in pairs]
