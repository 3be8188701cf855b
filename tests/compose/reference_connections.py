# ruff: noqa: N803, N806  the letters are the papers'
"""Connections of streams in NumPy float64, from their papers' equations.

A branch is a dense layer and a hyperbolic tangent. A stream of lanes is `H`, an array
`(..., n, channels)`, as the papers write it for one position.
"""

from collections.abc import Callable
from itertools import permutations

import numpy as np

from .reference import Array, sigmoid
from .reference_blocks import Block, Weights


def branch(x: Array, w: Weights, at: int) -> Array:
    return np.tanh(w.dense(x, f"connect1_branch{at}_dense1"))


def plain(depth: int) -> Block:
    def connect(x: Array, w: Weights) -> Array:
        for at in range(1, depth + 1):
            x = x + branch(x, w, at)
        return x

    return connect


def dense(depth: int) -> Block:
    """Huang et al. 2016, equation 2."""

    def connect(x: Array, w: Weights) -> Array:
        made = [x]
        for at in range(1, depth + 1):
            made.append(branch(np.concatenate(made, -1), w, at))
        return np.concatenate(made, -1)

    return connect


def lanes(n: int, depth: int, step: Callable) -> Block:
    """Repeats the input in n lanes, and adds them up after the last branch."""

    def connect(x: Array, w: Weights) -> Array:
        H = np.stack([x] * n, axis=-2)
        for at in range(1, depth + 1):
            H = step(H, w, at)
        return H.sum(-2)

    return connect


def hyper(H: Array, w: Weights, at: int) -> Array:
    """Zhu et al. 2024, equations 10 to 14, and algorithm 2: a norm without a bias."""
    c = w(f"connect1_read{at}")
    deviation = np.sqrt(H.var(-1, keepdims=True) + 1e-5)
    N = c["gain"] * (H - H.mean(-1, keepdims=True)) / deviation
    W_m, W_b, W_r = c["dynamic"][:, 0], c["dynamic"][:, 1], c["dynamic"][:, 2:]
    A_m = c["read_scale"] * np.tanh(N @ W_m) + c["read"]
    A_r = c["read_scale"] * np.tanh(N @ W_r) + c["mix"]
    B = c["write_scale"] * np.tanh(N @ W_b) + c["write"]
    return connected(H, A_m, A_r, B, w, at)


def static(H: Array, w: Weights, at: int) -> Array:
    """Zhu et al. 2024, equations 2 to 5."""
    read, write = w(f"connect1_read{at}"), w(f"connect1_write{at}")
    over = np.ones(H.shape[:-2])[..., None]
    A_m, B = over * read["read"], over * write["write"]
    return connected(H, A_m, over[..., None] * write["mix"], B, w, at)


def connected(H, A_m, A_r, B, w: Weights, at: int) -> Array:
    """`H' = B^T F(A_m^T H)^T + A_r^T H`, one position after the other."""
    read = np.zeros((*H.shape[:-2], H.shape[-1]))
    for place in np.ndindex(H.shape[:-2]):
        read[place] = A_m[place] @ H[place]
    made, after = branch(read, w, at), np.zeros_like(H)
    for place in np.ndindex(H.shape[:-2]):
        after[place] = np.outer(B[place], made[place]) + A_r[place].T @ H[place]
    return after


def fractional(m: int, depth: int, *, dynamic: bool) -> Block:
    """Zhu et al. 2025, section 3: `H' = diag(b) F(Y^T H) + A^T H`.

    What depends on the stream does so as in hyper-connections, a fraction a lane.
    """

    def numbers(H: Array, w: Weights, at: int) -> tuple[Array, Array, Array]:
        c = w(f"connect1_read{at}")
        over = np.ones(H.shape[:-2])[..., None, None]
        if not dynamic:
            d = w(f"connect1_write{at}")
            return over * c["read"], over * d["mix"], over[..., 0] * d["write"][:, 0]
        deviation = np.sqrt(H.var(-1, keepdims=True) + 1e-5)
        N = c["gain"] * (H - H.mean(-1, keepdims=True)) / deviation
        found = np.tanh(N @ c["dynamic"])
        Y = c["read_scale"] * found[..., :m] + c["read"]
        A = c["read_scale"] * found[..., m : 2 * m] + c["mix"]
        return Y, A, c["write_scale"] * found[..., 2 * m] + c["write"]

    def connect(x: Array, w: Weights) -> Array:
        for at in range(1, depth + 1):
            H = np.stack(np.split(x, m, -1), -2)
            Y, A, b = numbers(H, w, at)
            parts = [
                sum(Y[..., j, i, None] * H[..., j, :] for j in range(m))
                for i in range(m)
            ]
            made = np.split(branch(np.concatenate(parts, -1), w, at), m, -1)
            x = np.concatenate(
                [
                    b[..., i, None] * made[i]
                    + sum(A[..., j, i, None] * H[..., j, :] for j in range(m))
                    for i in range(m)
                ],
                -1,
            )
        return x

    return connect


def manifold(mixing: Callable) -> Callable:
    """Xie et al. 2025, equations 7 and 8: the norm is over all lanes, as one vector."""

    def step(H: Array, w: Weights, at: int) -> Array:
        c, n = w(f"connect1_read{at}"), H.shape[-2]
        after, read = np.zeros_like(H), np.zeros((*H.shape[:-2], H.shape[-1]))
        post, res = {}, {}
        for place in np.ndindex(H.shape[:-2]):
            x = H[place].reshape(-1)
            x = x / np.sqrt((x**2).mean() + 1e-6)
            found = x @ c["phi"].reshape(len(x), -1)
            pre = sigmoid(c["scale"][0] * found[:n] + c["pre_bias"])
            post[place] = 2 * sigmoid(c["scale"][1] * found[n : 2 * n] + c["post_bias"])
            res[place] = mixing(found[2 * n :], c, n)
            read[place] = pre @ H[place]
        made = branch(read, w, at)
        for place in np.ndindex(H.shape[:-2]):
            after[place] = res[place] @ H[place] + np.outer(post[place], made[place])
        return after

    return step


def by_sinkhorn(found: Array, c: dict, n: int) -> Array:
    """Equation 9: columns, then rows, twenty times."""
    matrix = np.exp(c["scale"][2] * found.reshape(n, n) + c["res_bias"])
    for _ in range(20):
        for j in range(n):
            matrix[:, j] /= matrix[:, j].sum()
        for i in range(n):
            matrix[i] /= matrix[i].sum()
    return matrix


def by_permutations(found: Array, c: dict, n: int) -> Array:
    """mHC-lite: a convex combination of all permutations."""
    weights = np.exp(c["scale"][2] * found + c["res_bias"])
    weights /= weights.sum()
    turned = [np.eye(n)[list(order)] for order in permutations(range(n))]
    return sum(a * p for a, p in zip(weights, turned, strict=True))


def unmixed(found: Array, c: dict, n: int) -> Array:
    del found, c
    return np.eye(n)


def learned_head(n: int, depth: int, step: Callable) -> Block:
    """The lanes weighted as `H_pre` weights them, in place of their sum."""

    def connect(x: Array, w: Weights) -> Array:
        H = np.stack([x] * n, axis=-2)
        for at in range(1, depth + 1):
            H = step(H, w, at)
        c = w("connect1_close1")
        x = H.reshape(*H.shape[:-2], -1)
        x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)
        kernel = c["phi"].reshape(x.shape[-1], n)
        weights = sigmoid(c["scale"] * (x @ kernel) + c["bias"])
        return (weights[..., None] * H).sum(-2)

    return connect


def gated(n: int, depth: int) -> Block:
    """`u_s = (1 + w_s) RMSNorm(X_s)`, which both reading and writing look at."""

    def seen(H: Array, c: dict) -> tuple[Array, Array]:
        u = H / np.sqrt((H**2).mean(-1, keepdims=True) + 1e-6)
        u = np.stack([(1 + c["gain"][s]) * u[..., s, :] for s in range(n)], -2)
        flat = u.reshape(*u.shape[:-2], -1) / n
        z = flat @ c["down"]
        gates = sigmoid((z * sigmoid(z)) @ c["up"]).reshape(u.shape)
        return (gates * u).mean(-2), flat

    def connect(x: Array, w: Weights) -> Array:
        H = np.stack([x] * n, axis=-2)
        for at in range(1, depth + 1):
            c = w(f"connect1_read{at}")
            read, flat = seen(H, c)
            into = 2 * sigmoid(flat @ c["inject"])
            H = H + into[..., None] * branch(read, w, at)[..., None, :]
        return seen(H, w("connect1_close1"))[0]

    return connect
