"""Networks without norms and sums of fixed shares, and what their papers say."""

import keras_residual as kr

from . import reference_scales as papers
from .equation import ODD, PICTURE, SEQUENCE, VOLUME, Equation


def _fixed(factor: str, value: float, **how) -> Equation:
    branch = [kr.conv(3), kr.parts.fixed_scale(factor, **how)]
    return Equation(f"scaled, {factor}", kr.Residual(branch), papers.fixed(1.0, value))


SCALES = [
    _fixed("edsr", 0.1),
    _fixed("inception_resnet", 0.1),
    _fixed("esrgan", 0.2),
    _fixed("1/sqrt(L)", 0.25, depth=16),
    _fixed("1/L", 1 / 16, depth=16),
    Equation(
        "scaled, the sum of two",
        kr.Residual(kr.conv(3), activation=kr.parts.fixed_scale("1/sqrt(2)")),
        papers.fixed(2**-0.5, 2**-0.5),
    ),
    Equation(
        "variance preserving",
        kr.Residual(
            [kr.conv(3), kr.scale(0.6, trainable=False)],
            kr.scale(0.8, trainable=False),
        ),
        papers.fixed(0.8, 0.6),
    ),
    *(
        Equation(
            f"standardised convolution, {shape}",
            kr.parts.standardized_conv(4, stride=2, padding="symmetric"),
            lambda x, w: papers.standardized_conv(x, w, "conv1", 2),
            shape,
        )
        for shape in (ODD, SEQUENCE, VOLUME)
    ),
    Equation("NF block", kr.blocks.nf(3, beta=1.3), papers.nf(1.3), (2, 5, 4, 12)),
    Equation("NF transition", kr.blocks.nf(3, stride=2), papers.nf(1.0, 2), PICTURE),
]
