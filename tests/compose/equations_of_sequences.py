"""Blocks for time series, and what their papers say that they compute."""

import keras_residual as kr

from . import reference_sequences as papers
from .equation import Equation

STEPS, WIDE, SINGLE = (3, 11, 3), (3, 11, 4), (3, 11, 1)
_short = {"kernel_sizes": (8, 4, 2), "bottleneck": 3}

SEQUENCES = [
    Equation(
        "weight norm",
        kr.parts.weight_norm_conv(4, 3, padding="causal"),
        lambda x, w: papers.causal(
            x, papers.weight_normed(w("conv1")), w("conv1")["bias"], 1
        ),
        STEPS,
    ),
    *(
        Equation(
            f"TCN, {shape[-1]} channels to 4",
            kr.blocks.tcn(4, 3, dilation_rate=2),
            papers.tcn(2),
            shape,
            trains=False,
        )
        for shape in (STEPS, WIDE)
    ),
    Equation(
        "WaveNet",
        kr.blocks.wavenet(3, 5, dilation_rates=(1, 2, 4)),
        papers.wavenet,
        STEPS,
    ),
    *(
        Equation(
            f"time-series ResNet, {shape[-1]} channels to 4",
            kr.blocks.time_series(4),
            papers.time_series,
            shape,
        )
        for shape in (STEPS, WIDE)
    ),
    *(
        Equation(
            f"Inception module, {shape[-1]} channels",
            kr.blocks.inception_module(2, **_short),
            papers.inception_module,
            shape,
        )
        for shape in (STEPS, SINGLE)
    ),
    Equation(
        "InceptionTime",
        kr.blocks.inception_time(2, **_short),
        papers.inception_time,
        STEPS,
    ),
]
