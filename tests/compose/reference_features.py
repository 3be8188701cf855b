"""Blocks of forecasters, mixers and graphs in NumPy float64, from their papers."""

import numpy as np

from . import reference as ref
from .reference import Array, relu
from .reference_blocks import Block, Weights
from .reference_transformers import gelu, mlp, norm


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def gated_residual(x: Array, w: Weights) -> Array:
    """Lim et al. 2019, equations 2 to 5, without a context."""
    return _gated(x, w.dense(x, "branch_dense1"), w, "branch_dense2")


def gated_residual_with(context: Block) -> Block:
    """The same with a context, whose matrix has no bias."""

    def block(x: Array, w: Weights) -> Array:
        hidden = w.dense(x, "branch_dense1")
        return _gated(x, hidden + w.dense(context(x, w), "branch_dense2"), w)

    return block


def _gated(x: Array, hidden: Array, w: Weights, second: str = "branch_dense3") -> Array:
    h = w.dense(elu(hidden), second)
    path = "branch_parallel1_path"
    y = w.dense(h, f"{path}1_dense1") * ref.sigmoid(w.dense(h, f"{path}2_dense1"))
    same = x.shape[-1] == y.shape[-1]
    return norm((x if same else _projected(x, w)) + y, w, "activation_norm1")


def _projected(x: Array, w: Weights) -> Array:
    """A linear shortcut, of features or of each step."""
    if x.ndim == 2:
        return w.dense(x, "shortcut_dense1")
    return w.conv(x, "shortcut_conv1")


def tide(x: Array, w: Weights) -> Array:
    """Das et al. 2023, figure 1; in inference dropout is the identity."""
    y = w.dense(relu(w.dense(x, "branch_dense1")), "branch_dense2")
    return norm(w.dense(x, "shortcut_dense1") + y, w, "activation_norm1")


def nbeats(x: Array, w: Weights) -> Array:
    """Oreshkin et al. 2019, sections 3.1 to 3.3: three blocks, two hidden layers."""
    total = 0.0
    for block in (1, 2, 3):
        name = f"nbeats1_block{block}"
        h = relu(
            w.dense(relu(w.dense(x, f"{name}_branch_dense1")), f"{name}_branch_dense2")
        )
        theta = w.dense(h, f"{name}_forecast_dense1")
        total = total + w.dense(theta, f"{name}_forecast_dense2")
        if block < 3:
            theta = w.dense(h, f"{name}_branch_dense3")
            x = x - w.dense(theta, f"{name}_branch_dense4")
    return total


def _trend(theta: Array, steps: int) -> Array:
    """Section 3.3: a polynomial of `t = [0, ..., steps - 1] / steps`."""
    t = np.arange(steps) / steps
    return theta @ np.stack([t**i for i in range(theta.shape[1])])


def _seasonality(theta: Array, steps: int) -> Array:
    """Section 3.3: `S = [1, cos(2 pi t), ..., sin(2 pi t), ...]` times theta."""
    t, half = np.arange(steps) / steps, int(np.floor(steps / 2 - 1))
    columns = [np.ones(steps)]
    columns += [np.cos(2 * np.pi * i * t) for i in range(1, half + 1)]
    columns += [np.sin(2 * np.pi * i * t) for i in range(1, half + 1)]
    return theta @ np.stack(columns)


def interpretable(horizon: int) -> Block:
    """Oreshkin et al. 2019: a stack of two trends, then one of two seasonalities."""

    def network(x: Array, w: Weights) -> Array:
        total, past = np.zeros((len(x), horizon)), x.shape[-1]
        for block, basis in enumerate((_trend, _trend, _seasonality, _seasonality), 1):
            name = f"nbeats1_block{block}"
            h = relu(w.dense(x, f"{name}_branch_dense1"))
            theta = h @ w(f"{name}_forecast_dense1")["kernel"]
            total = total + basis(theta, horizon)
            if block < 4:
                theta = h @ w(f"{name}_branch_dense2")["kernel"]
                x = x - basis(theta, past)
        return total

    return network


def mixer(x: Array, w: Weights) -> Array:
    """Tolstikhin et al. 2021, equation 1: columns first, and then rows."""
    columns = norm(x, w, "mixer1_tokens_branch_norm1").swapaxes(1, 2)
    mixed = gelu(w.dense(columns, "mixer1_tokens_branch_steps1"))
    x = x + w.dense(mixed, "mixer1_tokens_branch_steps2").swapaxes(1, 2)
    return x + mlp(
        norm(x, w, "mixer1_channels_branch_norm1"), w, "mixer1_channels_branch"
    )


def res_mlp(x: Array, w: Weights) -> Array:
    """Touvron et al. 2021, equations 1 to 3."""

    def affine(x: Array, word: str) -> Array:
        own = w(f"res_mlp1_{word}_branch_affine1")
        return own["kernel"] * x + own["bias"]

    columns = affine(x, "tokens").swapaxes(1, 2)
    mixed = w.dense(columns, "res_mlp1_tokens_branch_steps1").swapaxes(1, 2)
    x = x + w("res_mlp1_tokens_branch_scale1")["kernel"] * mixed
    y = mlp(affine(x, "channels"), w, "res_mlp1_channels_branch")
    return x + w("res_mlp1_channels_branch_scale1")["kernel"] * y


def gcnii(layer: int, initial: Block) -> Block:
    """Chen et al. 2020, equation 5, with alpha 0.1 and lambda 0.5; P is x x^T."""
    beta = np.log(0.5 / layer + 1)

    def block(x: Array, w: Weights) -> Array:
        mixed = 0.9 * (x @ x.swapaxes(1, 2)) @ x + 0.1 * initial(x, w)
        matrix = w("gcnii1_branch_dense1")["kernel"]
        identity = np.eye(len(matrix))
        return relu(mixed @ ((1 - beta) * identity + beta * matrix))

    return block
