"""Merges, and parts that a paper calls merges, beyond the first papers'."""

import keras_residual as kr

from . import reference_merges as papers
from .equation import SEQUENCE, TABLE, Equation

_shaken = kr.parallel([kr.conv(3), kr.conv(3)], "shake_shake")

MORE_MERGES = [
    Equation(
        "GRU gate",
        kr.Residual([kr.dense(5), "relu"], merge="gru_gate"),
        papers.gru_gate,
        TABLE,
    ),
    Equation("fusion", kr.Residual(kr.conv(3), merge="fusion"), papers.fast_fusion),
    Equation(
        "fusion, softmax",
        kr.Residual(kr.conv(3), merge=kr.merges.fusion("softmax")),
        papers.softmax_fusion,
    ),
    Equation(
        "Shake-Shake in inference",
        kr.Residual(_shaken),
        papers.shaken_in_inference,
        trains=False,
        learns=False,
    ),
    Equation(
        "ShakeDrop in inference",
        kr.Residual([kr.conv(3), kr.parts.shake_drop(0.3)]),
        papers.dropped_in_inference(0.3),
        trains=False,
        learns=False,
    ),
    Equation(
        "tanh gate",
        kr.Residual([kr.conv(3), kr.parts.tanh_gate()]),
        papers.tanh_gated,
    ),
    Equation(
        "adaLN-Zero",
        kr.Residual(kr.parts.adaln_zero(kr.dense(3), kr.pool("global_average"))),
        papers.adaln_zero,
        SEQUENCE,
    ),
]
