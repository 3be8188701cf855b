"""RepVGG-A0 as published, made of our parts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

# Ding et al., RepVGG: Making VGG-style ConvNets Great Again, 2021, table 2: blocks and
# filters of each stage. It trains with 9.11 million weights and deploys with 8.30.
BLOCKS, FILTERS = (1, 2, 4, 14, 1), (48, 48, 96, 192, 1280)


def repvgg_a0(side: int) -> Any:
    """Builds the network in the form that trains: kernels of 3×3, 1×1 and identity.

    Args:
        side: Pixels of a side of the picture.
    """
    import keras

    inputs = x = keras.Input((side, side, 3))
    widths = [3] + [f for f, n in zip(FILTERS, BLOCKS, strict=True) for _ in range(n)]
    starts = {sum(BLOCKS[:stage]) for stage in range(len(BLOCKS))}
    for k, (before, width) in enumerate(pairwise(widths)):
        block = _block(before, width, 2 if k in starts else 1)
        x = block(x, name=f"block{k}")
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(1000)(x), name="repvgg_a0")


def _block(before: int, width: int, strides: int) -> Any:
    import keras_residual as kr

    kernels = [
        [kr.conv(width, size, strides=strides, use_bias=False), kr.norm()]
        for size in (3, 1)
    ]
    if strides == 1 and before == width:
        kernels.append([kr.norm()])
    branch, *others = kernels
    return kr.Residual(branch=branch, shortcut=kr.parallel(others), activation="relu")
