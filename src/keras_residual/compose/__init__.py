"""Make a graph: the equation, its parts, the published blocks and networks."""

from typing import TYPE_CHECKING

from keras_residual.common.late import late

if TYPE_CHECKING:
    from keras_residual.compose import (
        blocks,
        connections,
        layers,
        merges,
        models,
        parts,
        shortcuts,
    )

__all__ = ["blocks", "connections", "layers", "merges", "models", "parts", "shortcuts"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = late(__name__, __all__, {})
