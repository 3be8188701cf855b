"""The connections of streams, and what their papers say that they compute."""

import keras_residual as kr

from . import reference_connections as papers
from . import reference_depth as depth
from .equation import Equation

FEATURES, TOKENS = (3, 6), (2, 3, 4)
TANH = kr.dense(4, activation="tanh")


def _connect(name, via, reference, shape=TOKENS, *, depth=3, width=None) -> Equation:
    branch = kr.dense(width or shape[-1], activation="tanh")
    return Equation(
        f"connections.{name}",
        lambda x: kr.connect(x, [branch] * depth, via=via, name="connect1"),
        reference,
        shape,
    )


CONNECTIONS = [
    _connect("plain", kr.connections.plain(), papers.plain(3)),
    _connect("dense", kr.connections.dense(), papers.dense(3), width=2),
    _connect(
        "hyper", kr.connections.hyper(streams=3), papers.lanes(3, 3, papers.hyper)
    ),
    _connect(
        "hyper, of features",
        kr.connections.hyper(streams=2),
        papers.lanes(2, 2, papers.hyper),
        FEATURES,
        depth=2,
    ),
    _connect(
        "hyper, static",
        kr.connections.hyper(streams=3, dynamic=False),
        papers.lanes(3, 3, papers.static),
    ),
    *(
        _connect(
            f"fractional, {how}",
            kr.connections.fractional(2, dynamic=how == "dynamic"),
            papers.fractional(2, 3, dynamic=how == "dynamic"),
        )
        for how in ("dynamic", "static")
    ),
    *(
        _connect(
            f"mhc, {mixing}",
            kr.connections.mhc(streams=3, mixing=mixing),
            papers.lanes(3, 2, papers.manifold(made)),
            depth=2,
        )
        for mixing, made in [
            ("sinkhorn", papers.by_sinkhorn),
            ("permutations", papers.by_permutations),
            ("identity", papers.unmixed),
        ]
    ),
    _connect(
        "mhc, learned collapse",
        kr.connections.mhc(streams=2, collapse="learned"),
        papers.learned_head(2, 2, papers.manifold(papers.by_sinkhorn)),
        FEATURES,
        depth=2,
    ),
    _connect(
        "gated", kr.connections.gated(streams=3, rank=2), papers.gated(3, 2), depth=2
    ),
    _connect("attention", kr.connections.attention(), depth.attention(3)),
    _connect(
        "attention, block",
        kr.connections.attention(block=2),
        depth.block_attention(2, 5),
        depth=5,
    ),
    _connect("denseformer", kr.connections.denseformer(), depth.denseformer(3)),
    *(
        _connect(
            f"denseformer, period {period} and dilation {dilation}",
            kr.connections.denseformer(period=period, dilation=dilation),
            depth.denseformer(4, period, dilation),
            depth=4,
        )
        for period, dilation in ((1, 2), (2, 2), (2, 3))
    ),
    _connect("mudd", kr.connections.mudd(), depth.mudd(2), depth=2),
    Equation(
        "connections.mudd, four ways",
        lambda x: kr.connect(
            x,
            [[kr.norm("rms"), kr.parts.attention(2, causal=True)], TANH] * 2,
            via=kr.connections.mudd(each=2, ways="all"),
            name="connect1",
        ),
        depth.mudd_of_four,
        TOKENS,
    ),
    *(
        _connect(
            f"laurel, {how}",
            kr.connections.laurel(weighted=weighted, rank=rank, previous=previous),
            depth.laurel(
                weighted=weighted, rank=bool(rank), previous=previous, depth=3
            ),
        )
        for how, weighted, rank, previous in [
            ("RW", True, None, None),
            ("LR", False, 2, None),
            ("PA", False, None, 2),
            ("LR and PA", False, 2, 2),
            ("RW and PA", True, None, 1),
            ("RW, LR and PA", True, 2, 1),
        ]
    ),
    *(
        _connect(
            f"mixture of depths, {gate}",
            kr.connections.mixture_of_depths(0.7, gate=gate),
            depth.mixture_of_depths(2, 4, bound=gate == "sigmoid"),
            depth=4,
        )
        for gate in ("linear", "sigmoid")
    ),
    _connect("altup", kr.connections.altup(streams=2), depth.altup(2, 3)),
    _connect("x0", kr.connections.x0(), depth.x0(2), depth=2),
    _connect("delta", kr.connections.delta(), depth.delta(2), depth=2),
    _connect(
        "reversible",
        kr.connections.reversible(),
        depth.reversible,
        depth=4,
        width=TOKENS[-1] // 2,
    ),
    _connect("momentum", kr.connections.momentum(0.7), depth.momentum(0.7, 3)),
]
