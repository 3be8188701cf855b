"""The sub-layers of transformers in NumPy float64, from their papers' equations."""

import numpy as np

from . import reference as ref
from .reference import Array
from .reference_blocks import Block, Weights


def softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def attention(x: Array, w: Weights, layer: str, causal: bool = False) -> Array:
    """Vaswani et al. 2017, equation 1, head by head; heads may share keys (GQA)."""
    own = w(layer)

    def projected(name: str, head: int) -> Array:
        heads = own[f"{name}/kernel"].shape[1]
        head = head * heads // own["query/kernel"].shape[1]
        return x @ own[f"{name}/kernel"][:, head] + own[f"{name}/bias"][head]

    y = own["attention_output/bias"]
    steps = np.arange(x.shape[1])
    for head, out in enumerate(own["attention_output/kernel"]):
        q, k, v = (projected(name, head) for name in ("query", "key", "value"))
        scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1])
        if causal:
            scores = np.where(steps <= steps[:, None], scores, -np.inf)
        y = y + softmax(scores) @ v @ out
    return y


def heads(q: Array, k: Array, v: Array, size: int, causal: bool = False) -> Array:
    """Vaswani et al. 2017, equation 1, of projected heads of `size` features."""
    steps, made = np.arange(q.shape[1]), []
    count, groups = q.shape[-1] // size, k.shape[-1] // size
    for head in range(count):
        group = head * groups // count
        own = slice(head * size, (head + 1) * size)
        shared = slice(group * size, (group + 1) * size)
        scores = q[..., own] @ k[..., shared].swapaxes(1, 2) / np.sqrt(size)
        if causal:
            scores = np.where(steps <= steps[:, None], scores, -np.inf)
        made.append(softmax(scores) @ v[..., shared])
    return np.concatenate(made, -1)


def sub_ln_attention(size: int, causal: bool) -> Block:
    """Wang et al. 2022, figure 2: the second norm is before the output projection."""

    def block(x: Array, w: Weights) -> Array:
        name, y = "branch_attention1", norm(x, w, "branch_norm1")
        q, k, v = (w.dense(y, f"{name}_{word}") for word in ("query", "key", "value"))
        y = norm(heads(q, k, v, size, causal), w, f"{name}_norm1")
        return x + w.dense(y, f"{name}_output")

    return block


def value_residual(depth: int, size: int, mix: str, causal: bool = False) -> Block:
    """Zhou et al. 2024: `V_l <- a V_1 + b V_l`; the first layer mixes nothing."""

    def block(x: Array, w: Weights) -> Array:
        first = None
        for at in range(1, depth + 1):
            path = f"residual{at}_" * (at > 1)
            name, y = f"{path}branch_attention1", norm(x, w, f"{path}branch_norm1")
            q, k = (w.dense(y, f"{name}_{word}") for word in ("query", "key"))
            if first is not None and mix == "shared":
                v = first
            else:
                v = w.dense(y, f"{name}_value")
            if first is None:
                first = v
            elif mix != "shared":
                c = w(f"{name}_values")
                v = c["first"] * first + c["own"] * v
            x = x + w.dense(heads(q, k, v, size, causal), f"{name}_output")
        return x

    return block


def gelu(x: Array) -> Array:
    """Hendrycks & Gimpel 2016: x times the normal distribution function, exactly."""
    from math import erf

    return x * (1 + np.vectorize(erf)(x / np.sqrt(2))) / 2


def mlp(x: Array, w: Weights, path: str = "branch") -> Array:
    """Vaswani et al. 2017, equation 2, with GELU."""
    return w.dense(gelu(w.dense(x, f"{path}_dense1")), f"{path}_dense2")


def norm(x: Array, w: Weights, layer: str) -> Array:
    return ref.layer_norm(x, **w(layer))


def pre_attention(causal: bool) -> Block:
    def block(x: Array, w: Weights) -> Array:
        return x + attention(norm(x, w, "branch_norm1"), w, "branch_attention1", causal)

    return block


def pre(x: Array, w: Weights) -> Array:
    return x + mlp(norm(x, w, "branch_norm1"), w)


def post(x: Array, w: Weights) -> Array:
    return norm(x + mlp(x, w), w, "activation_norm1")


def res_post(x: Array, w: Weights) -> Array:
    return x + norm(mlp(x, w), w, "branch_norm1")


def sandwich(x: Array, w: Weights) -> Array:
    return x + norm(mlp(norm(x, w, "branch_norm1"), w), w, "branch_norm2")


def deepnorm(depth: int) -> Block:
    """Wang et al. 2022: the shortcut is scaled, and not the branch."""
    alpha = (2 * depth) ** 0.25
    return lambda x, w: norm(alpha * x + mlp(x, w), w, "activation_norm1")


def sub_ln(x: Array, w: Weights) -> Array:
    hidden = gelu(w.dense(norm(x, w, "branch_norm1"), "branch_dense1"))
    return x + w.dense(norm(hidden, w, "branch_norm2"), "branch_dense2")


def transformer(x: Array, w: Weights) -> Array:
    first = norm(x, w, "transformer1_attention_branch_norm1")
    x = x + attention(first, w, "transformer1_attention_branch_attention1")
    second = norm(x, w, "transformer1_mlp_branch_norm1")
    return x + mlp(second, w, "transformer1_mlp_branch")


def post_transformer(x: Array, w: Weights) -> Array:
    y = x + attention(x, w, "transformer1_attention_branch_attention1")
    x = norm(y, w, "transformer1_attention_activation_norm1")
    y = x + mlp(x, w, "transformer1_mlp_branch")
    return norm(y, w, "transformer1_mlp_activation_norm1")


def parallel(x: Array, w: Weights) -> Array:
    y = norm(x, w, "branch_norm1")
    attended = attention(y, w, "branch_parallel1_path1_attention1")
    return x + attended + mlp(y, w, "branch_parallel1_path2")


def macaron(x: Array, w: Weights) -> Array:
    def half(x: Array, name: str) -> Array:
        y = norm(x, w, f"macaron1_{name}_branch_norm1")
        return x + mlp(y, w, f"macaron1_{name}_branch") / 2

    x = half(x, "mlp1")
    y = norm(x, w, "macaron1_attention_branch_norm1")
    return half(x + attention(y, w, "macaron1_attention_branch_attention1"), "mlp2")
