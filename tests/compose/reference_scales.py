"""Networks without norms and sums of fixed shares, in NumPy float64."""

import numpy as np

from . import reference as ref
from .reference import Array
from .reference_blocks import Block, Weights, branch_alone


def standardized(kernel: Array, gain: Array) -> Array:
    """Brock et al. 2021, equation 1: W = g (w - mean) / (sqrt(N) sigma)."""
    axes = tuple(range(kernel.ndim - 1))
    count = np.prod(kernel.shape[:-1])
    return gain * (kernel - kernel.mean(axes)) / (np.sqrt(count) * kernel.std(axes))


def standardized_conv(x: Array, w: Weights, layer: str, stride: int = 1) -> Array:
    held = w(layer)
    kernel = standardized(held["kernel"], held["gain"])
    how = {"stride": stride, "padding": "symmetric"}
    return ref.convolution(x, kernel, held["bias"], **how)


def scaled_relu(x: Array) -> Array:
    """A rectified unit normal has the variance (1 - 1 / pi) / 2."""
    return np.sqrt(2 / (1 - 1 / np.pi)) * ref.relu(x)


def nf(beta: float, stride: int = 1) -> Block:
    """Brock et al. 2021, section 4: x + alpha g F(x / beta).

    Where the shape changes, the shortcut is a convolution of the first activation.
    """

    def block(x: Array, w: Weights) -> Array:
        a = scaled_relu(x / beta)
        y = standardized_conv(a, w, "branch_conv1")
        y = standardized_conv(scaled_relu(y), w, "branch_conv2", stride)
        y = standardized_conv(scaled_relu(y), w, "branch_conv3")
        y = 0.2 * w(f"branch_scale{1 if beta == 1 else 2}")["scale"] * y
        carried = (
            x if stride == 1 else standardized_conv(a, w, "shortcut_conv1", stride)
        )
        return carried + y

    return block


def fixed(carried: float, change: float) -> Block:
    return lambda x, w: carried * x + change * branch_alone(x, w)
