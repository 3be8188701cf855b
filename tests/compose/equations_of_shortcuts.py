"""Shortcuts beyond the first papers', and what theirs say that they compute."""

import keras_residual as kr

from . import reference_shortcuts as papers
from .equation import ODD, PICTURE, SEQUENCE, VOLUME, Equation
from .reference_blocks import projected


def _strided(name, shortcut, carry, shape=PICTURE, filters=4) -> Equation:
    branch = kr.conv(filters, stride=2, padding="symmetric")
    return Equation(
        name,
        kr.Residual(branch, shortcut),
        lambda x, w: carry(x, w) + w.conv(x, "branch_conv1", 2),
        shape,
    )


_BLUR = [
    Equation(
        f"blur pool, {size}, {shape}",
        kr.parts.blur_pool(2, size),
        lambda x, w, size=size: papers.blurred(x, size, 2),
        shape,
        learns=False,
    )
    for size, shape in [
        (1, ODD),
        (3, PICTURE),
        (4, ODD),
        (5, ODD),
        (4, SEQUENCE),
        (3, VOLUME),
    ]
]

MORE_SHORTCUTS = [
    *_BLUR,
    Equation(
        "blur pool on both paths",
        kr.Residual(
            [kr.conv(4), "relu", kr.parts.blur_pool(2, 3)],
            [kr.shortcuts.blur_pool(size=3), kr.shortcuts.projection("batch")],
        ),
        papers.blurred_on_both_paths,
    ),
    *(
        _strided(
            f"factorized reduction, {shape}",
            kr.shortcuts.factorized_reduction("batch"),
            lambda x, w: papers.factorized(x, w, 2),
            shape,
        )
        for shape in (ODD, SEQUENCE)
    ),
    _strided(
        "space to depth",
        "space_to_depth",
        lambda x, w: papers.depth_of_space(x, 2),
        filters=12,
    ),
    _strided(
        "space to depth, projected",
        ["space_to_depth", "projection"],
        lambda x, w: projected(papers.depth_of_space(x, 2), w, 1, False),
    ),
    _strided("max pool", "max_pool", papers.max_pooled(2), (2, 5, 7, 4)),
    _strided(
        "max pool, subsampling",
        kr.shortcuts.max_pool(1),
        papers.max_pooled(1),
        (2, 5, 7, 4),
    ),
    _strided(
        "average pool and zeros",
        [kr.pool("average"), "zero_pad"],
        papers.averaged_and_padded,
    ),
    Equation(
        "low rank", kr.Residual(kr.conv(3), kr.shortcuts.low_rank(2)), papers.low_rank
    ),
    Equation(
        "ResScale",
        kr.Residual(kr.conv(3), kr.scale(1.0, per="channel")),
        papers.res_scaled,
    ),
]
