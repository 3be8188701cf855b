"""The published blocks for images in NumPy float64, from their papers' equations."""

from collections.abc import Callable

import numpy as np

from . import reference as ref
from .reference import Array, relu
from .reference_blocks import Block, Weights, carried, projected

Function = Callable[[Array], Array]


def silu(x: Array) -> Array:
    return x * ref.sigmoid(x)


def relu6(x: Array) -> Array:
    return np.clip(x, 0.0, 6.0)


def gelu(x: Array) -> Array:
    """Hendrycks & Gimpel 2016: x Phi(x), the error function by its series."""
    z = np.abs(x) / np.sqrt(2.0)
    series, term = np.zeros_like(z), z.copy()
    for n in range(120):
        series += term / (2 * n + 1)
        term = -term * z * z / (n + 1)
    return 0.5 * x * (1.0 + np.sign(x) * 2.0 / np.sqrt(np.pi) * series)


def places(x: Array) -> tuple[int, ...]:
    return tuple(range(1, x.ndim - 1))


def mean(x: Array) -> Array:
    return x.mean(places(x), keepdims=True)


# Attention over channels


def squeezed(x: Array, w: Weights, prefix: str, activation: Function = relu) -> Array:
    """Hu et al. 2017, equations 2 to 4: s = sigma(W2 delta(W1 z)), z the means."""
    hidden = activation(w.conv(mean(x), f"{prefix}squeeze_excite1_branch_conv1"))
    s = w.conv(hidden, f"{prefix}squeeze_excite1_branch_conv2")
    return ref.sigmoid(s) * x


def eca(size: int) -> Block:
    """Wang et al. 2019, equation 9: w = sigma(C1D_k(g(x))), no bias."""

    def block(x: Array, w: Weights) -> Array:
        kernel = w("eca1_branch_conv1")["kernel"]
        z = mean(x).reshape(len(x), -1)
        padded = np.pad(z, [(0, 0), (size // 2, size // 2)])
        y = sum(kernel[k, 0, 0] * padded[:, k : k + z.shape[1]] for k in range(size))
        return x * ref.sigmoid(y).reshape(mean(x).shape)

    return block


def cbam(x: Array, w: Weights) -> Array:
    """Woo et al. 2018, equations 2 and 3, with a 3x3 convolution of the places."""
    y = 0.0
    for pooled in (x.mean(places(x)), x.max(places(x))):
        hidden = relu(w.dense(pooled, "channels1_branch_dense1"))
        y = y + w.dense(hidden, "channels1_branch_dense2")
    x = x * ref.sigmoid(y).reshape(mean(x).shape)
    both = np.stack([x.mean(-1), x.max(-1)], axis=-1)
    return x * ref.sigmoid(w.conv(both, "places1_branch_conv1"))


def grn(x: Array, w: Weights, layer: str = "grn1") -> Array:
    """Woo et al. 2023, algorithm 1."""
    norms = np.sqrt((x**2).sum(places(x), keepdims=True))
    share = norms / (norms.mean(-1, keepdims=True) + 1e-6)
    return w(layer)["gamma"] * (x * share) + w(layer)["beta"] + x


# Bottlenecks


def grouped(x: Array, w: Weights, layer: str, groups: int, stride: int = 1) -> Array:
    how = {"groups": groups, "stride": stride, "padding": "symmetric"}
    return ref.convolution(x, **w(layer), **how)


def bottleneck(strides: tuple[int, int], groups: int = 1, end: Block | None = None):
    """He et al. 2015, figure 5 right; Xie et al. 2016, figure 3c, in groups."""

    def block(x: Array, w: Weights) -> Array:
        y = w.conv(x, "branch_conv1", strides[0])
        y = relu(w.norm(y, "branch_norm1"))
        y = grouped(y, w, "branch_conv2", groups, strides[1])
        y = relu(w.norm(y, "branch_norm2"))
        y = w.norm(w.conv(y, "branch_conv3"), "branch_norm3")
        y = end(y, w) if end else y
        return relu(carried(x, y, w, max(strides)) + y)

    return block


def se_bottleneck(x: Array, w: Weights) -> Array:
    return bottleneck((1, 1), end=lambda y, w: squeezed(y, w, "branch_"))(x, w)


def res2net(scale: int) -> Block:
    """Gao et al. 2019, equation 1: y1 = x1, y2 = K2(x2), y_i = K_i(x_i + y_{i-1})."""

    def block(x: Array, w: Weights) -> Array:
        h = relu(w.norm(w.conv(x, "branch_conv1"), "branch_norm1"))
        shares = np.split(h, scale, axis=-1)
        made = [shares[0]]
        for i in range(2, scale + 1):
            seen = shares[i - 1] + (made[-1] if i > 2 else 0.0)
            y = w.norm(w.conv(seen, f"branch_conv{i}"), f"branch_norm{i}")
            made.append(relu(y))
        y = w.conv(np.concatenate(made, -1), f"branch_conv{scale + 1}")
        return relu(x + w.norm(y, f"branch_norm{scale + 1}"))

    return block


def res2net_first(scale: int, stride: int) -> Block:
    """Where the shape changes: each share alone, the first averaged with its zeros."""

    def block(x: Array, w: Weights) -> Array:
        h = relu(w.norm(w.conv(x, "branch_conv1"), "branch_norm1"))
        shares = np.split(h, scale, axis=-1)
        seen = ref.windows(shares[0], (3,) * (x.ndim - 2), stride, "symmetric")
        made = [sum(part for _, part in seen) / 3 ** (x.ndim - 2)]
        for i in range(2, scale + 1):
            y = w.conv(shares[i - 1], f"branch_conv{i}", stride)
            made.append(relu(w.norm(y, f"branch_norm{i}")))
        y = w.conv(np.concatenate(made, -1), f"branch_conv{scale + 1}")
        y = w.norm(y, f"branch_norm{scale + 1}")
        return relu(projected(x, w, stride) + y)

    return block


def pyramid(stride: int, width: int) -> Block:
    """Han et al. 2016, figure 6d: norms around both convolutions, one ReLU."""

    def block(x: Array, w: Weights) -> Array:
        y = w.conv(w.norm(x, "branch_norm1"), "branch_conv1", stride)
        y = w.conv(relu(w.norm(y, "branch_norm2")), "branch_conv2")
        s = ref.zero_pad(ref.mean_of_blocks(x, stride), width, 1)
        return s + w.norm(y, "branch_norm3")

    return block


# Depthwise


def depthwise(x: Array, w: Weights, layer: str, stride: int = 1) -> Array:
    """One kernel a channel; in volumes Keras keeps them as those of so many groups."""
    if x.ndim == 5:
        return grouped(x, w, layer, x.shape[-1], stride)
    return ref.depthwise(x, **w(layer), stride=stride, padding="symmetric")


def inverted(
    activation: Function, *, stride: int = 1, widens: bool = True, excites: bool = False
) -> Block:
    """Sandler et al. 2018, table 1; Tan & Le 2019: with squeeze and excitation."""

    def block(x: Array, w: Weights) -> Array:
        n, y = 1, x
        if widens:
            y = activation(w.norm(w.conv(x, "branch_conv1"), "branch_norm1"))
            n = 2
        y = depthwise(y, w, "branch_depthwise1", stride)
        y = activation(w.norm(y, f"branch_norm{n}"))
        if excites:
            y = squeezed(y, w, "branch_", silu)
        y = w.norm(w.conv(y, f"branch_conv{n}"), f"branch_norm{n + 1}")
        return x + y if x.shape == y.shape else y

    return block


def fused(stride: int = 1) -> Block:
    """Tan & Le 2021, figure 2: one whole convolution in place of two."""

    def block(x: Array, w: Weights) -> Array:
        y = silu(w.norm(w.conv(x, "branch_conv1", stride), "branch_norm1"))
        y = w.norm(w.conv(y, "branch_conv2"), "branch_norm2")
        return x + y if x.shape == y.shape else y

    return block


def convnext(x: Array, w: Weights) -> Array:
    """Liu et al. 2022, figure 4, and LayerScale."""
    y = depthwise(x, w, "branch_depthwise1")
    y = ref.layer_norm(y, **w("branch_norm1"), epsilon=1e-6)
    y = w.conv(gelu(w.conv(y, "branch_conv1")), "branch_conv2")
    return x + w("branch_scale1")["kernel"] * y


def convnext_v2(x: Array, w: Weights) -> Array:
    """Woo et al. 2023, figure 5."""
    y = depthwise(x, w, "branch_depthwise1")
    y = ref.layer_norm(y, **w("branch_norm1"), epsilon=1e-6)
    y = grn(gelu(w.conv(y, "branch_conv1")), w, "branch_grn1")
    return x + w.conv(y, "branch_conv2")


# Dense connections


def densenet_layer(x: Array, w: Weights) -> Array:
    """Huang et al. 2016, equation 2: [x, H(x)], H with a bottleneck."""
    y = w.conv(relu(w.norm(x, "branch_norm1")), "branch_conv1")
    y = w.conv(relu(w.norm(y, "branch_norm2")), "branch_conv2")
    return np.concatenate([x, y], axis=-1)


def densenet_transition(x: Array, w: Weights) -> Array:
    y = w.conv(relu(w.norm(x, "norm1")), "conv1")
    seen = ref.windows(y, (2,) * (x.ndim - 2), 2, "valid")
    return sum(part for _, part in seen) / 2 ** (x.ndim - 2)
