"""Make a graph: the equation, its parts, the published blocks and networks."""

from keras_residual.compose import (
    blocks,
    layers,
    merges,
    models,
    parts,
    shortcuts,
    words,  # noqa: F401  what words stand for
)

__all__ = ["blocks", "layers", "merges", "models", "parts", "shortcuts"]
