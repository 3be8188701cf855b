"""Make a graph: the equation, its parts, the published blocks and networks."""

from keras_residual.compose import blocks, layers, merges, models, parts, shortcuts

__all__ = ["blocks", "layers", "merges", "models", "parts", "shortcuts"]
