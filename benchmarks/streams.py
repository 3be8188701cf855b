"""Times what streams of four lanes add to a training step of transformer blocks.

    python benchmarks/streams.py            # some minutes on two cores
    python benchmarks/streams.py --quick    # a smoke test; nothing is kept

Two pre-norm transformer blocks of width 256 (four sub-layers), 8 sequences of 128,
Adam. The same branches run in sums, in hyper-connections and in mHC, of four lanes. A
backend has a process of its own, in which the networks take turns, step by step; the
first step of each compiles and is left out. "adds" is the median over the turns of a
step's time divided by that of the sums in the same turn, less 1. The bar, on the
default backend, is 15 %. Two more networks tell where the time goes: "four sums" has
four lanes of which a branch reads the first and adds its change to all, the least that
four lanes can cost; "fixed" are hyper-connections whose numbers are learned but do not
depend on the stream.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial, reduce
from statistics import median
from time import perf_counter

from harness.child import BACKENDS, Benchmark

BAR = 0.15
HEAD = (
    *("backend", "sums, ms", "four sums add", "fixed adds", "hyper adds", "mHC adds"),
    f"bar {BAR:.0%}",
)


@dataclass(frozen=True)
class Row:
    """What one backend measured: seconds, and shares of them."""

    backend: str
    sums: float
    four: float
    fixed: float
    hyper: float
    mhc: float


def times(width: int, length: int, batch: int, turns: int) -> Row:
    """Trains the networks in turns; runs in a fresh process."""
    import keras
    import numpy as np

    import keras_residual as kr

    def attend(x):
        return keras.layers.MultiHeadAttention(4, width // 4)(x, x)

    attention = [kr.norm("layer"), attend]
    dense = [kr.norm("layer"), kr.dense(4 * width, activation="gelu"), kr.dense(width)]

    def network(connected):
        x = keras.Input((length, width))
        model = keras.Model(x, kr.norm("layer")(connected(x, [attention, dense] * 2)))
        model.compile(keras.optimizers.Adam(1e-4), "mse")
        return model

    def four_sums(x, branches):
        lanes = keras.ops.repeat(keras.ops.expand_dims(x, 2), 4, axis=2)
        for branch in branches:
            change = reduce(lambda y, part: part(y), branch, lanes[:, :, 0])
            lanes = lanes + keras.ops.expand_dims(change, 2)
        return keras.ops.sum(lanes, axis=2)

    fixed = kr.connections.hyper(4, dynamic=False)
    vias = (fixed, kr.connections.hyper(4), kr.connections.mhc(4))
    ways = [kr.connect, four_sums, *(partial(kr.connect, via=via) for via in vias)]
    models = [network(way) for way in ways]
    random = np.random.default_rng(0)
    x, y = random.standard_normal((2, batch, length, width), dtype="float32")
    found = []
    for _ in range(turns + 1):
        turn = []
        for model in models:
            began = perf_counter()
            float(model.train_on_batch(x, y))
            turn.append(perf_counter() - began)
        found.append(turn)
    sums, *added = zip(*found[1:], strict=True)
    shares = [median(a / b for a, b in zip(one, sums, strict=True)) for one in added]
    return Row(keras.config.backend(), median(sums), *(share - 1 for share in shares))


def cells(row: Row) -> tuple[str, ...]:
    passed = "PASS" if max(row.hyper, row.mhc) <= BAR else "FAIL"
    shares = (row.four, row.fixed, row.hyper, row.mhc)
    return (row.backend, f"{1e3 * row.sums:.1f}", *(f"{x:.0%}" for x in shares), passed)


def missed(rows: list[Row]) -> bool:
    default = next((row for row in rows if row.backend == BACKENDS[0]), rows[0])
    return max(default.hyper, default.mhc) > BAR


BENCHMARK = Benchmark(
    script=__file__,
    doc=__doc__ or "",
    title="Streams of four lanes",
    row=Row,
    measure=times,
    plan=(256, 128, 8, 20),
    quick=(16, 8, 2, 2),
    head=HEAD,
    cells=cells,
    missed=missed,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
