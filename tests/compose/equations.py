"""The shortcuts, merges and blocks, and what their papers say that they compute."""

from functools import partial

import keras
import numpy as np

import keras_residual as kr

from . import reference as ref
from . import reference_blocks as papers
from .equation import ODD, PICTURE, SEQUENCE, TABLE, VOLUME, Equation
from .equations_of_connections import CONNECTIONS
from .equations_of_features import FEATURES as OF_FEATURES
from .equations_of_images import IMAGES
from .equations_of_merges import MORE_MERGES
from .equations_of_parts import PARTS
from .equations_of_scales import SCALES
from .equations_of_sequences import SEQUENCES
from .equations_of_shortcuts import MORE_SHORTCUTS
from .equations_of_transformers import TRANSFORMERS
from .reference_blocks import Block


def _wide(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The same shape with four channels, as many as the blocks make."""
    return (*shape[:-1], 4)


def _shortcut(name, shortcut, carry, shape=PICTURE, stride=2) -> Equation:
    """A shortcut carries `x`; the branch is one convolution of that stride."""
    branch = kr.conv(4, stride=stride, padding="symmetric")
    return Equation(
        name,
        kr.Residual(branch, shortcut),
        lambda x, w: carry(x, w) + w.conv(x, "branch_conv1", stride),
        shape,
    )


SHORTCUTS = [
    _shortcut("identity", "identity", lambda x, w: x, _wide(ODD), 1),
    _shortcut("auto, same shape", "auto", lambda x, w: x, _wide(ODD), 1),
    _shortcut("auto", "auto", lambda x, w: papers.projected(x, w, 2, False)),
    _shortcut(
        "projection, same shape",
        "projection",
        lambda x, w: papers.projected(x, w, 1, False),
        _wide(ODD),
        1,
    ),
    _shortcut(
        "projection, odd, stride 3",
        "projection",
        lambda x, w: papers.projected(x, w, 3, False),
        ODD,
        3,
    ),
    _shortcut(
        "projection, normed",
        kr.shortcuts.projection("batch"),
        lambda x, w: papers.projected(x, w, 2),
    ),
    _shortcut(
        "projection, 3x3",
        kr.shortcuts.projection(kernel_size=3),
        lambda x, w: papers.projected(x, w, 2, False),
        ODD,
    ),
    *(
        _shortcut(
            f"pooled projection, {shape}",
            "pooled_projection",
            lambda x, w: papers.pooled_projected(x, w, 2, False),
            shape,
        )
        for shape in (PICTURE, ODD, SEQUENCE, VOLUME)
    ),
    *(
        _shortcut(f"zero pad, {shape}", "zero_pad", papers.option_a(4, 2), shape)
        for shape in (PICTURE, ODD, SEQUENCE, VOLUME)
    ),
    _shortcut(
        "zero pad, around",
        kr.shortcuts.zero_pad("around"),
        papers.option_a(4, 2, around=True),
        (2, 6, 6, 1),
    ),
    Equation(
        "zero pad of features",
        kr.Residual(kr.dense(8), "zero_pad"),
        lambda x, w: ref.zero_pad(x, 8, 1) + w.dense(x, "branch_dense1"),
        TABLE,
    ),
    Equation(
        "projection of features",
        kr.Residual(kr.dense(8)),
        lambda x, w: w.dense(x, "shortcut_dense1") + w.dense(x, "branch_dense1"),
        TABLE,
    ),
    _shortcut("none", "none", lambda x, w: 0.0),
]


def _merge(name, merge, reference) -> Equation:
    return Equation(name, kr.Residual(kr.conv(3), merge=merge), reference)


def _dense_gate() -> kr.Residual:
    return kr.Residual(kr.dense(5, activation="relu"), merge=kr.merges.gate(bias=-1.0))


def _global_mean(x):
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True)
    return pooled(x)


SQUEEZE = [_global_mean, kr.conv(2, 1), "relu", kr.conv(3, 1, activation="sigmoid")]
MERGES = [
    _merge("add", "add", lambda x, w: x + papers.branch_alone(x, w)),
    _merge("average", "average", lambda x, w: (x + papers.branch_alone(x, w)) / 2),
    _merge(
        "concatenate",
        "concatenate",
        lambda x, w: np.concatenate([x, papers.branch_alone(x, w)], -1),
    ),
    _merge("multiply", "multiply", lambda x, w: x * papers.branch_alone(x, w)),
    _merge("gate", "gate", papers.gate),
    _merge("two gates", "two_gates", papers.two_gates),
    Equation("gate of features", _dense_gate(), papers.dense_gate, TABLE),
    Equation(
        "squeeze and excitation",
        kr.Residual(SQUEEZE, merge="multiply"),
        papers.squeeze_excite,
    ),
    Equation("ReZero", kr.Residual([kr.conv(3), kr.scale(0.0)]), papers.scaled),
    Equation(
        "LayerScale",
        kr.Residual([kr.conv(3), kr.scale(1e-6, per="channel")]),
        papers.layer_scaled,
    ),
]


def _grouped(x, w):
    return ref.group_norm(x, **w, groups=2)


def _layered(x, w):
    return ref.layer_norm(x, **w)


def _basic(name: str, reference: Block, shape=ODD, stride=2, **slots) -> Equation:
    block = kr.blocks.basic(4, stride=stride, **slots)
    return Equation(f"basic, {name}", block, reference, shape)


BASIC = [
    _basic("identity", papers.basic(), _wide(ODD), 1),
    _basic("wider", papers.basic(), ODD, 1),
    *(
        _basic(f"strided, {shape}", papers.basic(2), shape)
        for shape in (PICTURE, ODD, SEQUENCE, VOLUME)
    ),
    _basic("group norm", papers.basic_normed(_grouped, 2), norm="group"),
    _basic("layer norm", papers.basic_normed(_layered, 2), norm="layer"),
    _basic("no norm", papers.basic_without_norm, stride=1, norm=None),
    _basic("zero init", papers.basic(2), zero_init=True),
    _basic(
        "pooled projection",
        papers.basic_with(lambda x, w: papers.pooled_projected(x, w, 2), 2),
        shortcut="pooled_projection",
    ),
    _basic(
        "option A",
        papers.basic_with(papers.option_a(4, 2), 2),
        shortcut="zero_pad",
    ),
    _basic(
        "option C",
        papers.basic_with(lambda x, w: papers.projected(x, w, 1), 1),
        _wide(ODD),
        1,
        shortcut="projection",
    ),
    _basic("plain", papers.basic_with(lambda x, w: 0.0, 2), shortcut="none"),
]

_bottleneck = partial(kr.blocks.bottleneck, 2)
_v2, _v2_bottleneck = kr.blocks.preactivation, kr.blocks.preactivation_bottleneck
DEEPER = [
    Equation("bottleneck, identity", _bottleneck(), papers.bottleneck(), (2, 5, 4, 8)),
    Equation("bottleneck, wider", _bottleneck(), papers.bottleneck(), ODD),
    Equation("bottleneck, strided", _bottleneck(stride=2), papers.bottleneck(2)),
    Equation(
        "bottleneck, strided, odd", _bottleneck(stride=2), papers.bottleneck(2), ODD
    ),
    Equation("preactivation, identity", _v2(3), papers.preactivation, ODD),
    Equation("preactivation, wider", _v2(4), papers.preactivation_changing(1)),
    *(
        Equation(
            f"preactivation, strided, {shape}",
            _v2(4, stride=2),
            papers.preactivation_changing(2),
            shape,
        )
        for shape in (PICTURE, ODD, SEQUENCE)
    ),
    Equation(
        "preactivation bottleneck, identity",
        _v2_bottleneck(2),
        papers.preactivation_bottleneck,
        (2, 5, 4, 8),
    ),
    Equation(
        "preactivation bottleneck, wider",
        _v2_bottleneck(2),
        papers.preactivation_bottleneck_changing(1),
    ),
    Equation(
        "preactivation bottleneck, strided",
        _v2_bottleneck(2, stride=2),
        papers.preactivation_bottleneck_changing(2),
        ODD,
    ),
    Equation("tabular", kr.blocks.tabular(5), papers.tabular, TABLE),
    Equation(
        "tabular in inference, with dropout",
        kr.blocks.tabular(5, dropout_rate=0.5, branch_dropout_rate=0.2),
        papers.tabular,
        TABLE,
        trains=False,
    ),
]

_CLASSIC = [
    (kr.residual_block, papers.two_relu_convolutions),
    (kr.residual_block_with_activation, papers.two_linear_convolutions),
    (kr.residual_block_with_batchnorm, papers.normed_convolutions),
    (kr.expanded_residual_block, papers.expanded),
    (kr.identity_residual_block, papers.one_convolution),
]
CLASSIC = [
    Equation(
        f"{block.__name__}, {shape[-1]} channels to 4",
        partial(block, filters=4),
        reference,
        shape,
    )
    for block, reference in _CLASSIC
    for shape in (_wide(ODD), PICTURE)
]

EQUATIONS = [
    *PARTS,
    *SHORTCUTS,
    *MORE_SHORTCUTS,
    *MERGES,
    *MORE_MERGES,
    *SCALES,
    *BASIC,
    *DEEPER,
    *CLASSIC,
    *TRANSFORMERS,
    *SEQUENCES,
    *OF_FEATURES,
    *CONNECTIONS,
    *IMAGES,
]
