"""The two ResNets as one writes them in Flax without a library."""

from __future__ import annotations

from typing import Any

import jax
from flax import nnx
from jax import numpy as jnp


class ConvNorm(nnx.Module):
    """A convolution, padded alike on both sides, and its norm."""

    def __init__(self, width, filters, size, stride=1, *, dtype, rngs):
        pad = size // 2
        self.conv = nnx.Conv(
            width,
            filters,
            (size, size),
            stride,
            padding=((pad, pad), (pad, pad)),
            use_bias=False,
            dtype=dtype,
            rngs=rngs,
        )
        self.norm = nnx.BatchNorm(filters, momentum=0.9, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        return self.norm(self.conv(x))


class Basic(nnx.Module):
    """Two 3×3 convolutions and an option A shortcut."""

    def __init__(self, width, filters, stride, **given):
        self.first = ConvNorm(width, filters, 3, stride, **given)
        self.second = ConvNorm(filters, filters, 3, **given)
        self.stride, self.missing = stride, filters - width

    def __call__(self, x):
        y = self.second(jax.nn.relu(self.first(x)))
        if self.stride > 1:
            x = x[:, :: self.stride, :: self.stride]
            x = jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, self.missing)))
        return jax.nn.relu(x + y)


class Bottleneck(nnx.Module):
    """1×1, 3×3, 1×1, and a projection where the shape changes."""

    def __init__(self, width, filters, stride, **given):
        self.first = ConvNorm(width, filters, 1, **given)
        self.second = ConvNorm(filters, filters, 3, stride, **given)
        self.third = ConvNorm(filters, 4 * filters, 1, **given)
        projected = stride > 1 or width != 4 * filters
        project = ConvNorm(width, 4 * filters, 1, stride, **given)
        self.shortcut = project if projected else None

    def __call__(self, x):
        y = jax.nn.relu(self.second(jax.nn.relu(self.first(x))))
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return jax.nn.relu(shortcut + self.third(y))


class ResNet(nnx.Module):
    """ResNet-20 for pictures of 32×32, or ResNet-50; He et al. 2015."""

    def __init__(self, depth, dtype=None):
        given = {"dtype": dtype, "rngs": nnx.Rngs(0)}
        self.large = depth == 50
        block, depths, width = Basic, (3, 3, 3), 16
        self.stem = ConvNorm(3, 16, 3, **given)
        if self.large:
            block, depths, width = Bottleneck, (3, 4, 6, 3), 64
            self.stem = ConvNorm(3, 64, 7, 2, **given)
        blocks, filters = [], width
        for stage, count in enumerate(depths):
            for index in range(count):
                stride = 2 if stage and not index else 1
                blocks.append(block(width, filters * 2**stage, stride, **given))
                width = filters * 2**stage * (4 if self.large else 1)
        self.blocks = nnx.List(blocks)
        classes = 1000 if self.large else 10
        self.head = nnx.Linear(width, classes, **given)

    def __call__(self, x):
        x = jax.nn.relu(self.stem(x))
        if self.large:
            pad: Any = ((1, 1), (1, 1))
            x = nnx.max_pool(x, (3, 3), (2, 2), pad)
        for block in self.blocks:
            x = block(x)
        return self.head(jnp.mean(x, (1, 2)))
