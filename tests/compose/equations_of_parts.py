"""The parts, and what they compute: Keras layers, with arguments that are ours."""

from collections.abc import Callable

import keras_residual as kr

from . import reference as ref
from . import reference_blocks as papers
from .equation import ODD, PICTURE, SEQUENCE, TABLE, VOLUME, Equation
from .reference_blocks import Block


def _part(name: str, make: Callable, shape: tuple, reference: Callable) -> Equation:
    """A part is a Keras layer: its gradient is Keras's, its arguments are ours."""
    return Equation(name, make, reference, shape, learns=False)


def _conv(**how) -> Block:
    return lambda x, w: ref.convolution(x, **w("conv1"), **how)


def _depthwise(**how) -> Block:
    return lambda x, w: ref.depthwise(x, **w("depthwise1"), **how)


def _depthwise_volume(x, w):
    return ref.convolution(x, **w("depthwise1"), groups=x.shape[-1])


def _pool(pool, *how) -> Block:
    return lambda x, w: pool(x, *how)


def _norm(x, w):
    return w.norm(x, "norm1")


PARTS = [
    _part("conv", kr.conv(4), PICTURE, _conv()),
    _part("conv, a sequence", kr.conv(4, 4), SEQUENCE, _conv()),
    _part("conv, a volume", kr.conv(4), VOLUME, _conv()),
    _part("conv, stride, even", kr.conv(4, stride=2), PICTURE, _conv(stride=2)),
    _part("conv, stride, odd", kr.conv(4, stride=3), ODD, _conv(stride=3)),
    *(
        _part(
            f"conv, symmetric, kernel {kernel}, stride {stride}, {shape}",
            kr.conv(4, kernel, stride=stride, padding="symmetric"),
            shape,
            _conv(stride=stride, padding="symmetric"),
        )
        for kernel, stride, shape in [
            (3, 1, ODD),
            (3, 2, PICTURE),
            (5, 2, ODD),
            (1, 2, ODD),
            (7, 3, PICTURE),
            (3, 2, SEQUENCE),
            (3, 2, VOLUME),
        ]
    ),
    _part("conv, dilated", kr.conv(4, dilation_rate=2), ODD, _conv(dilation=2)),
    _part("conv, grouped", kr.conv(6, groups=3), PICTURE, _conv(groups=3)),
    _part("conv, valid", kr.conv(4, padding="valid"), ODD, _conv(padding="valid")),
    _part(
        "conv, activation",
        kr.conv(4, activation="relu"),
        PICTURE,
        lambda x, w: ref.relu(_conv()(x, w)),
    ),
    _part("depthwise", kr.depthwise(5), PICTURE, _depthwise()),
    _part("depthwise, a sequence", kr.depthwise(), SEQUENCE, _depthwise()),
    _part("depthwise, a volume", kr.depthwise(), VOLUME, _depthwise_volume),
    _part(
        "depthwise, stride, symmetric",
        kr.depthwise(3, stride=2, padding="symmetric"),
        PICTURE,
        _depthwise(stride=2, padding="symmetric"),
    ),
    _part("dense", kr.dense(4), TABLE, lambda x, w: w.dense(x, "dense1")),
    _part("batch norm", kr.norm("batch"), PICTURE, _norm),
    _part("batch norm of features", kr.norm("batch"), TABLE, _norm),
    _part(
        "layer norm",
        kr.norm("layer"),
        SEQUENCE,
        lambda x, w: ref.layer_norm(x, **w("norm1")),
    ),
    _part(
        "group norm, by default half the channels",
        kr.norm("group"),
        (2, 5, 6, 8),
        lambda x, w: ref.group_norm(x, **w("norm1"), groups=4),
    ),
    _part(
        "group norm, two groups",
        kr.norm("group", groups=2, epsilon=0.1),
        (2, 7, 6),
        lambda x, w: ref.group_norm(x, **w("norm1"), groups=2, epsilon=0.1),
    ),
    _part(
        "rms norm",
        kr.norm("rms"),
        PICTURE,
        lambda x, w: ref.rms_norm(x, **w("norm1")),
    ),
    _part("relu", kr.act("relu"), PICTURE, lambda x, w: ref.relu(x)),
    _part("max pool", kr.pool("max", 3, stride=2), ODD, _pool(ref.max_pool, 3, 2)),
    _part(
        "max pool, symmetric, even",
        kr.pool("max", 3, stride=2, padding="symmetric"),
        PICTURE,
        _pool(ref.max_pool, 3, 2, "symmetric"),
    ),
    _part(
        "max pool, symmetric, odd",
        kr.pool("max", 3, stride=2, padding="symmetric"),
        ODD,
        _pool(ref.max_pool, 3, 2, "symmetric"),
    ),
    _part(
        "max pool, valid",
        kr.pool("max", padding="valid"),
        ODD,
        _pool(ref.max_pool, 2, 2, "valid"),
    ),
    _part("average pool", kr.pool("average"), ODD, _pool(ref.average_pool, 2, 2)),
    _part(
        "average pool, a sequence",
        kr.pool("average", 3, stride=1),
        SEQUENCE,
        _pool(ref.average_pool, 3, 1),
    ),
    _part(
        "global average",
        kr.pool("global_average"),
        VOLUME,
        lambda x, w: x.mean((1, 2, 3)),
    ),
    _part("global max", kr.pool("global_max"), ODD, lambda x, w: x.max((1, 2))),
    _part(
        "scale",
        kr.scale(0.5),
        PICTURE,
        lambda x, w: w("scale1")["scale"] * x,
    ),
    _part(
        "scale per channel",
        kr.scale(0.5, per="channel"),
        PICTURE,
        lambda x, w: w("scale1")["kernel"] * x,
    ),
    _part("scale, fixed", kr.scale(0.1, trainable=False), TABLE, lambda x, w: 0.1 * x),
    Equation(
        "dropout in inference",
        kr.dropout(0.5),
        lambda x, w: x,
        trains=False,
        learns=False,
    ),
    Equation("parallel", kr.parallel([kr.conv(4, 1), kr.conv(4)]), papers.parallel),
    Equation(
        "parallel, concatenated",
        kr.parallel([kr.conv(2, 1), kr.conv(4)], merge="concatenate"),
        papers.towers,
    ),
    Equation("nest", kr.nest(kr.blocks.basic(4)), papers.basic()),
]
