"""Streams that remember, in NumPy float64, from their papers' equations."""

from math import erf

import numpy as np

from .reference import Array, rms_norm, sigmoid
from .reference_blocks import Block, Weights
from .reference_connections import branch
from .reference_transformers import attention as attended
from .reference_transformers import heads


def _softmax(scores: list[Array]) -> Array:
    raised = np.exp(np.stack(scores) - np.max(scores, axis=0))
    return raised / raised.sum(0)


def _asked(values: list[Array], c: dict) -> Array:
    """Kimi Team 2026: normalised keys, values as they are, no temperature."""
    keys = [rms_norm(v, c["gain"], epsilon=1e-6) for v in values]
    shares = _softmax([k @ c["query"] for k in keys])
    return sum(a[..., None] * v for a, v in zip(shares, values, strict=True))


def attention(depth: int) -> Block:
    """The embedding is a source of its own, and a last query reads out."""

    def connect(x: Array, w: Weights) -> Array:
        made = [x]
        for at in range(1, depth + 1):
            h = _asked(made, w(f"connect1_read{at}")) if at > 1 else x
            made.append(branch(h, w, at))
        return _asked(made, w("connect1_close1"))

    return connect


def block_attention(size: int, depth: int) -> Block:
    """The partial sum begins anew at each block, and the embedding is in none."""

    def connect(x: Array, w: Weights) -> Array:
        blocks, partial = [x], []
        for at in range(1, depth + 1):
            sources = blocks + ([sum(partial)] if partial else [])
            h = _asked(sources, w(f"connect1_read{at}")) if at > 1 else x
            partial.append(branch(h, w, at))
            if at % size == 0:
                blocks.append(sum(partial))
                partial = []
        sources = blocks + ([sum(partial)] if partial else [])
        return _asked(sources, w("connect1_close1"))

    return connect


def denseformer(depth: int, period: int = 1, dilation: int = 1) -> Block:
    """Pagliardini et al. 2024: `Y_i = sum_j a_ij X_j`, j as far as i mod dilation."""

    def connect(x: Array, w: Weights) -> Array:
        points, y = [x], x
        for at in range(1, depth + 1):
            y = y + branch(y, w, at)
            points.append(y)
            if at % period == 0:
                a = w(f"connect1_depth{at // period}")["weight"]
                near = [j for j in range(at + 1) if (at - j) % dilation == 0]
                y = sum(w * points[j] for w, j in zip(a, near, strict=True))
        return y

    return connect


def mixture_of_depths(taken: int, depth: int, *, bound: bool = False) -> Block:
    """Raposo et al. 2024, equation 1: every second block, one sequence at a time."""

    def connect(x: Array, w: Weights) -> Array:
        for at in range(1, depth + 1):
            if at % 2:
                x = x + branch(x, w, at)
                continue
            scores = (x @ w(f"connect1_read{at // 2}")["router"])[..., 0]
            after = x.copy()
            for row, r in enumerate(scores):
                kept = sorted(np.argsort(r)[-taken:])
                made = branch(x[row, kept], w, at)
                for place, change in zip(kept, made, strict=True):
                    weight = sigmoid(r[place]) if bound else r[place]
                    after[row, place] += weight * change
            x = after
        return x

    return connect


def dense_weights(points: list[Array], c: dict, way: int = 0) -> Array:
    """Xiao et al. 2025: `sum_j a_j X_j`, `a = GELU(RMSNorm(X_i) W_1) W_2 + a_i`."""
    gelu = np.vectorize(lambda z: z / 2 * (1 + erf(z / np.sqrt(2))))
    newest, many = points[-1], len(points)
    normed = newest / np.sqrt((newest**2).mean(-1, keepdims=True) + 1e-6)
    a = gelu(normed @ c["inner"]) @ c["outer"] + c["weight"]
    a = a[..., many * way : many * (way + 1)]
    return sum(a[..., j, None] * points[j] for j in range(many))


def mudd(depth: int) -> Block:
    """The weights depend on the newest point."""

    def connect(x: Array, w: Weights) -> Array:
        points, y = [x], x
        for at in range(1, depth + 1):
            points.append(y + branch(y, w, at))
            y = dense_weights(points, w(f"connect1_depth{at}"))
        return y

    return connect


def mudd_of_four(x: Array, w: Weights) -> Array:
    """Two layers of attention and a branch: queries, keys, values and the residual."""

    def normed(x: Array, path: str) -> Array:
        return rms_norm(x, **w(f"{path}_norm1"), epsilon=1e-5)

    path = "connect1_branch1"
    y = x + attended(normed(x, path), w, f"{path}_attention1", causal=True)
    points = [x, y + branch(y, w, 2)]
    c = w("connect1_depth1")
    *ways, stream = (dense_weights(points, c, way) for way in range(4))
    path = "connect1_branch3"
    q, k, v = (
        w.dense(normed(way, f"{path}{inner}"), f"{path}_attention1_{word}")
        for way, inner, word in zip(
            ways, ("", "_key", "_value"), ("query", "key", "value"), strict=True
        )
    )
    made = w.dense(heads(q, k, v, 2, causal=True), f"{path}_attention1_output")
    y = stream + made
    points.append(y + branch(y, w, 4))
    return dense_weights(points, w("connect1_depth2"))


def laurel(*, weighted: bool, rank: bool, previous: int | None, depth: int) -> Block:
    """Menghani et al. 2024, sections 2.1 to 2.4: `b` weights all of the stream.

    PA alone, equation 4, has one map for all points; with LR, equation 6, one each.
    Both sums begin at the stream itself.
    """

    def connect(x: Array, w: Weights) -> Array:
        points = [x]
        for at in range(1, depth + 1):
            x, c = points[-1], w(f"connect1_write{at}")
            a, b = 1.0, 1.0
            if weighted:
                a, b = 2 * np.exp(c["balance"]) / np.exp(c["balance"]).sum()
            g = x
            if previous is None and rank:
                g = g + x @ c["down"] @ c["up"]
            for j in range(0 if previous is None else min(previous + 1, at)):
                number = f"{j}" if j and rank else ""
                h = points[-1 - j] @ c[f"down{number}"] @ c[f"up{number}"]
                g = g + c["history"][j] * h
            points.append(a * branch(x, w, at) + b * g)
        return points[-1]

    return connect


def altup(n: int, depth: int) -> Block:
    """Baykal et al. 2023, algorithm 1: predict, compute, correct."""

    def connect(x: Array, w: Weights) -> Array:
        lanes = [x] * n
        for at in range(1, depth + 1):
            c, j = w(f"connect1_write{at}"), (at - 1) % n
            guess = [
                sum(c["predict"][i, k] * lanes[k] for k in range(n)) for i in range(n)
            ]
            computed = lanes[j] + branch(lanes[j], w, at)
            lanes = [
                guess[i] + c["correct"][i, 0] * (computed - guess[j]) for i in range(n)
            ]
        return sum(lanes)

    return connect


def x0(depth: int) -> Block:
    def connect(x: Array, w: Weights) -> Array:
        start = x
        for at in range(1, depth + 1):
            c = w(f"connect1_write{at}")
            x = c["carry"] * x + branch(x, w, at) + c["inject"] * start
        return x

    return connect


def delta(depth: int) -> Block:
    """Zhang et al. 2026: `(I - b k k^T) x + b k v`, with a state of one column."""

    def connect(x: Array, w: Weights) -> Array:
        for at in range(1, depth + 1):
            c, made = w(f"connect1_write{at}"), branch(x, w, at)
            k = made / np.linalg.norm(made, axis=-1, keepdims=True)
            normed = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)
            b = 2 * sigmoid(normed @ c["gate"] + c["gate_bias"])
            v = x @ c["value"] + c["value_bias"]
            operator = (
                np.eye(x.shape[-1]) - b[..., None] * k[..., :, None] * k[..., None, :]
            )
            x = (operator @ x[..., None])[..., 0] + b * v * k
        return x

    return connect


def reversible(x: Array, w: Weights) -> Array:
    """Gomez et al. 2017, equation 6, twice."""
    x1, x2 = np.split(x, 2, -1)
    for at in (1, 3):
        y1 = x1 + branch(x2, w, at)
        y2 = x2 + branch(y1, w, at + 1)
        x1, x2 = y1, y2
    return np.concatenate([x1, x2], -1)


def momentum(keeps: float, depth: int) -> Block:
    """Sander et al. 2021, equation 2, from a velocity of zero."""

    def connect(x: Array, w: Weights) -> Array:
        v = np.zeros_like(x)
        for at in range(1, depth + 1):
            v = keeps * v + (1 - keeps) * branch(x, w, at)
            x = x + v
        return x

    return connect
