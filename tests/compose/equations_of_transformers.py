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


def _attending(heads=2, **options) -> kr.Residual:
    return kr.blocks.sublayer(kr.parts.attention(heads, **options))


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
    *(
        _equation(
            f"SubLN of attention, {groups or 4} groups",
            _attending(heads=4, groups=groups, head_size=3, causal=True, norm="layer"),
            papers.sub_ln_attention(3, True),
        )
        for groups in (None, 2)
    ),
    *(
        _equation(
            f"value residual, {mix}",
            kr.parts.value_residual([_attending(causal=True)] * 3, mix=mix),
            papers.value_residual(3, 3, mix, True),
        )
        for mix in ("learned", "fixed", "shared")
    ),
    _equation(
        "value residual, grouped",
        kr.parts.value_residual([_attending(heads=4, groups=2, head_size=3)] * 3),
        papers.value_residual(3, 3, "learned"),
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
