"""One row of what is compared with the papers: our graph, and its reference."""

from collections.abc import Callable
from dataclasses import dataclass

from .reference_blocks import Block

PICTURE, ODD = (2, 6, 6, 3), (2, 5, 7, 3)
SEQUENCE, VOLUME, TABLE = (3, 9, 3), (2, 5, 4, 3, 2), (6, 5)


@dataclass(frozen=True)
class Equation:
    """One row.

    Attributes:
        name: What is compared.
        make: Adds our layers to a symbolic tensor.
        reference: The same from the paper.
        shape: Shape of the input, with the batch.
        trains: Whether training is defined too: no random numbers, or none used.
        learns: Whether the gradient is compared, in both modes.
    """

    name: str
    make: Callable
    reference: Block
    shape: tuple[int, ...] = PICTURE
    trains: bool = True
    learns: bool = True
