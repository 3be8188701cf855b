"""Draw a network: its story, then a sheet of marks, then SVG, PNG or PDF."""

from keras_residual.drawing.draw import draw

__all__ = ["draw"]
