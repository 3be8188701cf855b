"""Native kernels for the layers of any Keras model, in place and reversible."""

from keras_residual.transforms.accelerate.accelerating import accelerate, restore

__all__ = ["accelerate", "restore"]
