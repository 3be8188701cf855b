"""Times what streams of four lanes add to a training step of transformer blocks.

    python benchmarks/streams.py            # some minutes on two cores
    python benchmarks/streams.py --quick    # a smoke test; nothing is kept

Two pre-norm transformer blocks of width 256 (four sub-layers), 8 sequences of 128,
Adam. The same branches run in sums, in hyper-connections and in mHC, of four lanes. A
backend has a process of its own, in which the networks take turns, step by step; the
first step of each compiles and is left out. "adds" is the median over the turns of a
step's time divided by that of the sums in the same turn, less 1. The bar, on the
default backend, is 15 %.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from harness.child import BACKENDS, Benchmark

BAR = 0.15
HEAD = ("backend", "sums, ms", "hyper adds", "mHC adds", f"bar {BAR:.0%}")


@dataclass(frozen=True)
class Row:
    """What one backend measured: seconds, and shares of them."""

    backend: str
    sums: float
    hyper: float
    mhc: float


def times(width: int, length: int, batch: int, turns: int) -> Row:
    """Trains the three networks in turns; runs in a fresh process."""
    import keras
    import numpy as np

    import keras_residual as kr

    def attend(x):
        return keras.layers.MultiHeadAttention(4, width // 4)(x, x)

    attention = [kr.norm("layer"), attend]
    dense = [kr.norm("layer"), kr.dense(4 * width, activation="gelu"), kr.dense(width)]

    def network(via):
        x = keras.Input((length, width))
        y = kr.connect(x, [attention, dense] * 2, via=via)
        model = keras.Model(x, kr.norm("layer")(y))
        model.compile(keras.optimizers.Adam(1e-4), "mse")
        return model

    vias = (None, kr.connections.hyper(4), kr.connections.mhc(4))
    models = [network(via) for via in vias]
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
    share = (f"{row.hyper:.0%}", f"{row.mhc:.0%}")
    return (row.backend, f"{1e3 * row.sums:.1f}", *share, passed)


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
