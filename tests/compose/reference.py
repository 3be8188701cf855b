"""The operations of the papers in NumPy float64, written from their equations.

Tensors are `(batch, ..., channels)`; kernels are `(*sizes, channels in, filters)`.
Nothing here knows our code: the tests compare the two.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

Array = np.ndarray


def convolution(
    x: Array,
    kernel: Array,
    bias: Array | float = 0.0,
    *,
    stride: int = 1,
    padding: str = "same",
    groups: int = 1,
    dilation: int = 1,
) -> Array:
    """y[p] = bias + sum over offsets k of x[stride p + dilation k - before] W[k]."""
    sizes = kernel.shape[:-2]
    inside, outside = x.shape[-1] // groups, kernel.shape[-1] // groups
    y = 0.0
    for offset, seen in windows(x, sizes, stride, padding, dilation):
        parts = [
            seen[..., g * inside : (g + 1) * inside]
            @ kernel[offset][:, g * outside : (g + 1) * outside]
            for g in range(groups)
        ]
        y = y + np.concatenate(parts, axis=-1)
    return y + bias


def depthwise(
    x: Array,
    kernel: Array,
    bias: Array | float = 0.0,
    *,
    stride: int = 1,
    padding: str = "same",
) -> Array:
    """Each channel has a kernel of its own: `(*sizes, channels, 1)`."""
    seen = windows(x, kernel.shape[:-2], stride, padding)
    return sum(part * kernel[offset][:, 0] for offset, part in seen) + bias


def windows(
    x: Array,
    sizes: tuple[int, ...],
    stride: int,
    padding: str,
    dilation: int = 1,
    fill: float = 0.0,
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yields each offset in the window, and the elements that all windows see there."""
    lengths = x.shape[1:-1]
    sides = [
        _sides(n, k, stride, padding, dilation)
        for n, k in zip(lengths, sizes, strict=True)
    ]
    padded = np.pad(x, [(0, 0), *sides, (0, 0)], constant_values=fill)
    reach = [dilation * (k - 1) + 1 for k in sizes]
    counts = [
        (n + sum(pair) - r) // stride + 1
        for n, pair, r in zip(lengths, sides, reach, strict=True)
    ]
    for offset in product(*map(range, sizes)):
        steps = [
            slice(dilation * o, dilation * o + stride * (c - 1) + 1, stride)
            for o, c in zip(offset, counts, strict=True)
        ]
        yield offset, padded[(slice(None), *steps)]


def _sides(n: int, k: int, stride: int, padding: str, dilation: int) -> tuple[int, int]:
    """Elements added before and after an axis of `n`."""
    if padding == "valid":
        return 0, 0
    if padding == "symmetric":
        return dilation * (k // 2), dilation * (k // 2)
    # TensorFlow's "same": ceil(n / s) windows, an odd element goes after
    total = max(0, (-(-n // stride) - 1) * stride + dilation * (k - 1) + 1 - n)
    return total // 2, total - total // 2


def max_pool(x: Array, size: int, stride: int, padding: str = "same") -> Array:
    sizes = (size,) * (x.ndim - 2)
    seen = windows(x, sizes, stride, padding, fill=-np.inf)
    return np.max([part for _, part in seen], axis=0)


def average_pool(x: Array, size: int, stride: int, padding: str = "same") -> Array:
    """The mean of the elements that exist: what is padded does not count."""
    sizes = (size,) * (x.ndim - 2)
    total = sum(part for _, part in windows(x, sizes, stride, padding))
    there = sum(part for _, part in windows(np.ones_like(x), sizes, stride, padding))
    return total / there


def dense(x: Array, kernel: Array, bias: Array | float = 0.0) -> Array:
    return x @ kernel + bias


def batch_norm(
    x: Array,
    gamma: Array | float,
    beta: Array,
    moving_mean: Array,
    moving_variance: Array,
    *,
    training: bool,
    epsilon: float = 1e-5,
) -> Array:
    """Ioffe & Szegedy 2015, algorithm 1; with moving statistics in inference."""
    mean, variance = moving_mean, moving_variance
    if training:
        axes = tuple(range(x.ndim - 1))
        mean, variance = x.mean(axes), x.var(axes)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def layer_norm(
    x: Array, gamma: Array | float, beta: Array, *, epsilon: float = 1e-5
) -> Array:
    """Ba et al. 2016, equation 4, over the channels of one position."""
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def group_norm(
    x: Array,
    gamma: Array | float,
    beta: Array,
    *,
    groups: int,
    epsilon: float = 1e-5,
) -> Array:
    """Wu & He 2018, equations 1 to 7: over a group's channels and all positions."""
    split = x.reshape(*x.shape[:-1], groups, -1)
    axes = (*range(1, x.ndim - 1), x.ndim)
    mean, variance = split.mean(axes, keepdims=True), split.var(axes, keepdims=True)
    return (
        gamma * ((split - mean) / np.sqrt(variance + epsilon)).reshape(x.shape) + beta
    )


def rms_norm(x: Array, scale: Array, *, epsilon: float = 1e-5) -> Array:
    """Zhang & Sennrich 2019, equation 4."""
    return scale * x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon)


def relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def every(x: Array, stride: int) -> Array:
    """Every stride-th element along each axis, from the first."""
    steps = slice(None, None, stride)
    return x[(slice(None), *[steps] * (x.ndim - 2))]


def zero_pad(x: Array, width: int, stride: int, *, around: bool = False) -> Array:
    """He et al. 2015, option A: every stride-th element, and channels of zeros."""
    missing = width - x.shape[-1]
    before = missing // 2 if around else 0
    sides = [(0, 0)] * (x.ndim - 1) + [(before, missing - before)]
    return np.pad(every(x, stride), sides)


def mean_of_blocks(x: Array, size: int) -> Array:
    """ResNet-D: blocks of `size` from the first element on, cut off at the border."""
    for axis in range(1, x.ndim - 1):
        starts = np.arange(0, x.shape[axis], size)
        lengths = np.diff([*starts, x.shape[axis]])
        shape = [1] * x.ndim
        shape[axis] = -1
        x = np.add.reduceat(x, starts, axis=axis) / lengths.reshape(shape)
    return x


def highway(change: Array, carried: Array, transform: Array) -> Array:
    """Srivastava et al. 2015, equation 3."""
    return change * transform + carried * (1.0 - transform)


def highway_two(change: Array, carried: Array, gates: tuple[Array, Array]) -> Array:
    """Srivastava et al. 2015, equation 2: y = H T + x C."""
    transform, carry = gates
    return change * transform + carried * carry
