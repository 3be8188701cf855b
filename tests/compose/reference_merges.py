"""Merges, and parts that a paper calls merges, in NumPy float64."""

import numpy as np

from . import reference as ref
from .reference import Array, sigmoid
from .reference_blocks import Block, Weights, branch_alone


def gru_gate(x: Array, w: Weights) -> Array:
    """Parisotto et al. 2019, section 3.2, of a ReLU of the branch.

    The bias of U_z is -b_g: z is small at first, and the stream is carried.
    """
    y = ref.relu(w.dense(x, "branch_dense1"))
    wr, ur, wz, uz, wg, ug = (w(f"merge_dense{n}") for n in range(1, 7))
    r = sigmoid(y @ wr["kernel"] + x @ ur["kernel"])
    z = sigmoid(y @ wz["kernel"] + x @ uz["kernel"] + uz["bias"])
    h = np.tanh(y @ wg["kernel"] + (r * x) @ ug["kernel"])
    return (1 - z) * x + z * h


def fast_fusion(x: Array, w: Weights) -> Array:
    """Tan et al. 2019, section 3.3: sum of relu(w_i) x_i / (eps + sum of relu(w_j))."""
    shares = ref.relu(w("merge_fusion1")["shares"])
    one, other = shares / (shares.sum() + 1e-4)
    return one * x + other * branch_alone(x, w)


def softmax_fusion(x: Array, w: Weights) -> Array:
    powers = np.exp(w("merge_fusion1")["shares"])
    one, other = powers / powers.sum()
    return one * x + other * branch_alone(x, w)


def shaken_in_inference(x: Array, w: Weights) -> Array:
    """Gastaldi 2017: each branch counts half."""
    paths = [w.conv(x, f"branch_parallel1_path{n}_conv1") for n in (1, 2)]
    return x + 0.5 * paths[0] + 0.5 * paths[1]


def dropped_in_inference(rate: float) -> Block:
    """Yamada et al. 2018: the branch counts E[c + a - c a] = 1 - p, as E[a] = 0."""
    return lambda x, w: x + (1 - rate) * branch_alone(x, w)


def tanh_gated(x: Array, w: Weights) -> Array:
    """Alayrac et al. 2022, section 2.2."""
    return x + np.tanh(w("branch_tanh_gate1")["scale"]) * branch_alone(x, w)


def adaln_zero(x: Array, w: Weights) -> Array:
    """Peebles & Xie 2022, section 3.2, figure 3: x + g F((1 + s) LN(x) + b).

    The condition is the mean over the steps; b, s and g are linear in its SiLU.
    """
    c = x.mean(1)
    c = c * sigmoid(c)
    b, s, g = (w.dense(c, f"branch_condition_dense{n}")[:, None] for n in (1, 2, 3))
    normed = ref.layer_norm(x, 1.0, 0.0, epsilon=1e-6)
    return x + g * w.dense((1 + s) * normed + b, "branch_dense1")
