"""Transformers, and what their papers say that they compute."""

import keras_residual as kr

from . import reference_transformers as papers
from .equation import Equation
from .reference_blocks import Block

STEPS = (2, 5, 6)


def _equation(name: str, make: kr.Residual, reference: Block) -> Equation:
    return Equation(name, make, reference, STEPS)


def _placed(placement: str, reference: Block, **options) -> Equation:
    block = kr.blocks.sublayer(kr.parts.mlp(8), placement=placement, **options)
    return _equation(f"sub-layer, {placement}", block, reference)


def _attending(**options) -> kr.Residual:
    return kr.blocks.sublayer(kr.parts.attention(2, **options))


TRANSFORMERS = [
    _equation("attention", _attending(), papers.pre_attention(False)),
    _equation("attention, causal", _attending(causal=True), papers.pre_attention(True)),
    _equation(
        "attention, grouped",
        kr.blocks.sublayer(kr.parts.attention(4, groups=2, head_size=3, causal=True)),
        papers.pre_attention(True),
    ),
    _placed("pre", papers.pre),
    _placed("post", papers.post),
    _placed("res_post", papers.res_post),
    _placed("sandwich", papers.sandwich),
    _placed("deepnorm", papers.deepnorm(8), depth=8),
    _equation(
        "SubLN", kr.blocks.sublayer(kr.parts.mlp(8, norm="layer")), papers.sub_ln
    ),
    _equation("transformer", kr.blocks.transformer(2, 8), papers.transformer),
    _equation(
        "transformer, post",
        kr.blocks.transformer(2, 8, placement="post"),
        papers.post_transformer,
    ),
    _equation("parallel", kr.blocks.parallel_transformer(2, 8), papers.parallel),
    _equation("macaron", kr.blocks.macaron(2, 8), papers.macaron),
]
