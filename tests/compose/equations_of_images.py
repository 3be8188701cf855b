"""The blocks for images, and what their papers say that they compute."""

import keras_residual as kr

from . import reference_blocks as papers
from . import reference_of_images as images
from . import reference_of_light_images as light
from .equation import ODD, PICTURE, SEQUENCE, VOLUME, Equation

FOUR, OF_EIGHT = (2, 5, 6, 4), (2, 5, 4, 8)
SIGNAL, SOLID = (3, 9, 4), (2, 5, 4, 3, 4)

PARTS = [
    *(
        Equation(
            f"squeeze_excite, {len(shape) - 2}-D",
            kr.parts.squeeze_excite(2),
            lambda x, w: images.squeezed(x, w, ""),
            shape,
        )
        for shape in (FOUR, SIGNAL, SOLID)
    ),
    Equation("eca", kr.parts.eca(), images.eca(1), FOUR),
    Equation("eca, 3", kr.parts.eca(3), images.eca(3), FOUR),
    Equation("cbam", kr.parts.cbam(2, kernel_size=3), images.cbam, FOUR),
    Equation("grn", kr.parts.grn(), images.grn, FOUR),
    Equation("grn, a sequence", kr.parts.grn(), images.grn, SIGNAL),
]

BOTTLENECKS = [
    Equation(
        "bottleneck, strided at the first",
        kr.blocks.bottleneck(2, stride=2, stride_at="conv1"),
        images.bottleneck((2, 1)),
        ODD,
    ),
    Equation(
        "resnext",
        kr.blocks.resnext(4, cardinality=2, base_width=32, stride=2),
        images.bottleneck((1, 2), groups=2),
        ODD,
    ),
    Equation(
        "resnext, one wide group",
        kr.blocks.resnext(2, cardinality=1, base_width=128),
        images.bottleneck((1, 1)),
        OF_EIGHT,
    ),
    Equation(
        "se_bottleneck",
        kr.blocks.se_bottleneck(2, ratio=4),
        images.se_bottleneck,
        OF_EIGHT,
    ),
    Equation(
        "res2net",
        kr.blocks.res2net(2, scale=3, base_width=64),
        images.res2net(3),
        OF_EIGHT,
    ),
    *(
        Equation(
            f"res2net, strided, {shape}",
            kr.blocks.res2net(2, stride=2, scale=2, base_width=64),
            images.res2net_first(2, 2),
            shape,
        )
        for shape in (PICTURE, ODD)
    ),
    Equation(
        "res2net, wider",
        kr.blocks.res2net(2, scale=2, base_width=64),
        images.res2net_first(2, 1),
    ),
    Equation("wide", kr.blocks.wide(3, dropout_rate=0.0), papers.preactivation, ODD),
    Equation(
        "wide, strided, in inference",
        kr.blocks.wide(4, stride=2),
        papers.preactivation_changing(2),
        trains=False,
    ),
    Equation("pyramid", kr.blocks.pyramid(4), images.pyramid(1, 4), ODD),
    Equation("pyramid, strided", kr.blocks.pyramid(5, stride=2), images.pyramid(2, 5)),
]

_inverted, _mbconv = kr.blocks.inverted_residual, kr.blocks.mbconv
MOBILE = [
    Equation("inverted_residual", _inverted(3), images.inverted(images.relu6), ODD),
    *(
        Equation(
            f"inverted_residual, strided, {shape}",
            _inverted(3, stride=2, expansion=2),
            images.inverted(images.relu6, stride=2),
            shape,
        )
        for shape in (PICTURE, SEQUENCE, VOLUME)
    ),
    Equation(
        "inverted_residual, not widened",
        _inverted(4, expansion=1),
        images.inverted(images.relu6, widens=False),
    ),
    Equation(
        "mbconv",
        _mbconv(8, expansion=2),
        images.inverted(images.silu, excites=True),
        OF_EIGHT,
    ),
    Equation("fused_mbconv", kr.blocks.fused_mbconv(3), images.fused(), ODD),
    Equation(
        "fused_mbconv, strided", kr.blocks.fused_mbconv(3, stride=2), images.fused(2)
    ),
]

OTHERS = [
    *(
        Equation(f"convnext, {len(s) - 2}-D", kr.blocks.convnext(4), images.convnext, s)
        for s in (FOUR, SIGNAL)
    ),
    Equation("convnext_v2", kr.blocks.convnext_v2(4), images.convnext_v2, FOUR),
    Equation("densenet_layer", kr.blocks.densenet_layer(2), images.densenet_layer, ODD),
    Equation(
        "densenet_transition",
        kr.blocks.densenet_transition(),
        images.densenet_transition,
        FOUR,
    ),
]

REPARAMETRISED = [
    Equation("repvgg", kr.blocks.repvgg(4), light.repvgg(), FOUR),
    Equation(
        "repvgg, grouped", kr.blocks.repvgg(4, groups=2), light.repvgg(groups=2), FOUR
    ),
    *(
        Equation(
            f"repvgg, strided, {shape}",
            kr.blocks.repvgg(4, stride=2),
            light.repvgg(2, stays=False),
            shape,
        )
        for shape in (PICTURE, ODD)
    ),
    Equation(
        "mobileone", kr.blocks.mobileone(3, branches=2), light.mobileone(1, 2, 3), ODD
    ),
    Equation(
        "mobileone, strided",
        kr.blocks.mobileone(4, stride=2, branches=2),
        light.mobileone(2, 2, 4),
    ),
]

_shuffled = kr.blocks.shufflenet_v2
SHARES = [
    Equation("shufflenet_v2", _shuffled(4), light.shufflenet_v2(1, stays=True), FOUR),
    Equation(
        "shufflenet_v2, strided",
        _shuffled(6, stride=2),
        light.shufflenet_v2(2, stays=False),
        ODD,
    ),
    Equation("ghost_module", kr.blocks.ghost_module(4), light.ghost_module, ODD),
    Equation("ghost", kr.blocks.ghost(4, hidden=6), light.ghost, FOUR),
    Equation(
        "ghost, strided",
        kr.blocks.ghost(6, hidden=8, stride=2, ratio=4),
        light.ghost_strided,
    ),
    Equation("convmixer", kr.blocks.convmixer(3, kernel_size=5), light.convmixer, ODD),
]

RESTORATION = [
    Equation("edsr", kr.blocks.edsr(3), light.edsr, ODD),
    Equation("rrdb", kr.blocks.rrdb(3, growth_rate=2), light.rrdb, ODD),
    Equation(
        "unet_level", kr.blocks.unet_level(2, kr.blocks.unet_bottom(3)), light.unet
    ),
    Equation(
        "resunet_level",
        kr.blocks.resunet_level(4, kr.blocks.preactivation(4, stride=2)),
        light.resunet(1),
    ),
    Equation(
        "resunet_level, inside another",
        kr.blocks.resunet_level(4, kr.blocks.preactivation(4, stride=2), stride=2),
        light.resunet(2),
        (2, 8, 8, 3),
    ),
]

IMAGES = [
    *(*PARTS, *BOTTLENECKS, *MOBILE, *OTHERS),
    *(*REPARAMETRISED, *SHARES, *RESTORATION),
]
