"""Shortcuts in NumPy float64, from their papers' equations."""

from itertools import product
from math import comb

import numpy as np

from . import reference as ref
from .reference import Array
from .reference_blocks import Block, Weights, branch_alone, projected


def blurred(x: Array, size: int, stride: int) -> Array:
    """Zhang 2019, section 3.2: y[p] = sum over k of w[k] x[mirror(stride p + k - b)].

    The kernel is the outer product of rows of Pascal's triangle, divided by its sum.
    """
    row = np.array([comb(size - 1, k) for k in range(size)], float)
    places, before = x.shape[1:-1], (size - 1) // 2
    made = [-(-n // stride) for n in places]
    y = np.zeros((len(x), *made, x.shape[-1]))
    for at in product(*map(range, made)):
        for k in product(range(size), repeat=len(places)):
            seen = [
                mirrored(stride * p + o - before, n)
                for p, o, n in zip(at, k, places, strict=True)
            ]
            weight = np.prod(row[list(k)]) / row.sum() ** len(places)
            y[(slice(None), *at)] += weight * x[(slice(None), *seen)]
    return y


def mirrored(index: int, size: int) -> int:
    """2, 1, 0, 1, 2, ...: the border itself is not repeated."""
    index = abs(index)
    return index if index < size else 2 * (size - 1) - index


def blurred_on_both_paths(x: Array, w: Weights) -> Array:
    """Zhang 2019: conv, ReLU, blur; on the shortcut the blur, and then 1x1 and norm."""
    change = blurred(ref.relu(w.conv(x, "branch_conv1")), 3, 2)
    return change + projected(blurred(x, 3, 2), w, 1)


def factorized(x: Array, w: Weights, stride: int) -> Array:
    """Gastaldi 2017: the second path sees the tensor moved one right and one down."""
    moved = np.zeros_like(x)
    inner = (slice(None), *[slice(1, None)] * (x.ndim - 2))
    moved[inner] = x[(slice(None), *[slice(None, -1)] * (x.ndim - 2))]
    halves = [
        w.conv(ref.every(seen, stride), f"shortcut_conv{n}")
        for n, seen in ((1, x), (2, moved))
    ]
    return w.norm(np.concatenate(halves, -1), "shortcut_norm1")


def depth_of_space(x: Array, size: int) -> Array:
    """Channel (a, b, ..., c) at p is channel c at (size p0 + a, size p1 + b, ...)."""
    blocks = []
    for first in product(range(size), repeat=x.ndim - 2):
        blocks.append(x[(slice(None), *[slice(a, None, size) for a in first])])
    return np.concatenate(blocks, -1)


def low_rank(x: Array, w: Weights) -> Array:
    """Menghani et al. 2024: x + B A x."""
    change = w.conv(w.conv(x, "shortcut_conv1"), "shortcut_conv2")
    return x + change + branch_alone(x, w)


def max_pooled(size: int) -> Block:
    return lambda x, w: ref.max_pool(x, size, 2)


def averaged_and_padded(x: Array, w: Weights) -> Array:
    """Han et al. 2016: a 2x2 average, and channels of zeros."""
    return ref.zero_pad(ref.average_pool(x, 2, 2), 4, 1)


def res_scaled(x: Array, w: Weights) -> Array:
    """Yu et al. 2022: a learned number a channel on the shortcut."""
    return w("shortcut_scale1")["kernel"] * x + branch_alone(x, w)
