"""More blocks for images in NumPy float64: few operations, restoration, U-Nets."""

import numpy as np

from . import reference as ref
from .reference import Array, relu
from .reference_blocks import Block, Weights, preactivation_changing, projected
from .reference_of_images import depthwise, gelu, grouped, mean


def repvgg(stride: int = 1, *, stays: bool = True, groups: int = 1) -> Block:
    """Ding et al. 2021, figure 2b: y = ReLU(N(W3 * x) + N(W1 x) + N(x))."""

    def block(x: Array, w: Weights) -> Array:
        path = "shortcut_parallel1_path1" if stays else "shortcut"
        y = w.norm(grouped(x, w, "branch_conv1", groups, stride), "branch_norm1")
        small = grouped(x, w, f"{path}_conv1", groups, stride)
        y = y + w.norm(small, f"{path}_norm1")
        return relu(y + w.norm(x, "shortcut_parallel1_path2_norm1") if stays else y)

    return block


def mobileone(stride: int, branches: int, width: int) -> Block:
    """Vasu et al. 2022, figure 3, left: a depthwise sum, then a pointwise one."""

    def block(x: Array, w: Weights) -> Array:
        y = 0.0
        for k in range(1, branches + 1):
            path = f"branch_parallel1_path{k}"
            y = y + _normed(depthwise(x, w, f"{path}_depthwise1", stride), w, path)
        path = "shortcut_parallel1_path1" if stride == 1 else "shortcut"
        y = y + _normed(depthwise(x, w, f"{path}_depthwise1", stride), w, path)
        if stride == 1:
            y = y + _normed(x, w, "shortcut_parallel1_path2")
        x, y, second = relu(y), 0.0, "residual2"
        for k in range(1, branches + 1):
            path = f"{second}_branch_parallel1_path{k}"
            y = y + _normed(w.conv(x, f"{path}_conv1"), w, path)
        if x.shape[-1] == width:
            y = y + _normed(x, w, f"{second}_shortcut")
        return relu(y)

    return block


def _normed(x: Array, w: Weights, path: str) -> Array:
    return w.norm(x, f"{path}_norm1")


def mixed(x: Array) -> Array:
    """Ma et al. 2018: halves in turn, channel by channel."""
    half = x.shape[-1] // 2
    return np.stack([x[..., :half], x[..., half:]], axis=-1).reshape(x.shape)


def shufflenet_v2(stride: int, *, stays: bool) -> Block:
    """Ma et al. 2018, figure 3 c and d."""

    def point(x: Array, w: Weights, path: str, n: int, norm: int) -> Array:
        return relu(w.norm(w.conv(x, f"{path}_conv{n}"), f"{path}_norm{norm}"))

    def block(x: Array, w: Weights) -> Array:
        half = x.shape[-1] // 2
        alone, seen = (x[..., :half], x[..., half:]) if stays else (x, x)
        y = point(seen, w, "branch", 1, 1)
        y = depthwise(y, w, "branch_depthwise1", stride)
        y = point(w.norm(y, "branch_norm2"), w, "branch", 2, 3)
        if not stays:
            alone = depthwise(alone, w, "shortcut_depthwise1", stride)
            alone = point(w.norm(alone, "shortcut_norm1"), w, "shortcut", 1, 2)
        return mixed(np.concatenate([alone, y], -1))

    return block


def ghost_module(
    x: Array, w: Weights, path: str = "", n: int = 1, *, bends: bool = True
) -> Array:
    """Han et al. 2019, equations 2 and 3: [y', D * y']."""
    bend = relu if bends else (lambda t: t)
    y = bend(w.norm(w.conv(x, f"{path}conv{n}"), f"{path}norm{n}"))
    cheap = f"{path}residual{n}_branch" if path else "branch"
    more = depthwise(y, w, f"{cheap}_depthwise1")
    return np.concatenate([y, bend(w.norm(more, f"{cheap}_norm1"))], axis=-1)


def ghost(x: Array, w: Weights) -> Array:
    """Han et al. 2019, figure 3 left."""
    y = ghost_module(x, w, "branch_", 1)
    return x + ghost_module(y, w, "branch_", 2, bends=False)


def ghost_strided(x: Array, w: Weights) -> Array:
    """Han et al. 2019, figure 3 right, with squeeze and excitation as in table 1."""
    y = ghost_module(x, w, "branch_", 1)
    y = w.norm(depthwise(y, w, "branch_depthwise1", 2), "branch_norm2")
    inner = "branch_squeeze_excite1_branch"
    hidden = relu(w.conv(mean(y), f"{inner}_conv1"))
    y = y * np.clip(w.conv(hidden, f"{inner}_conv2") / 6.0 + 0.5, 0.0, 1.0)
    half = w.norm(w.conv(y, "branch_conv2"), "branch_norm3")
    more = depthwise(half, w, "branch_residual2_branch_depthwise1")
    more = w.norm(more, "branch_residual2_branch_norm1")
    s = w.norm(depthwise(x, w, "shortcut_depthwise1", 2), "shortcut_norm1")
    s = w.norm(w.conv(s, "shortcut_conv1"), "shortcut_norm2")
    return s + np.concatenate([half, more], axis=-1)


def convmixer(x: Array, w: Weights) -> Array:
    """Trockman & Kolter 2022, equations 2 and 3."""
    y = gelu(depthwise(x, w, "branch_depthwise1"))
    x = x + w.norm(y, "branch_norm1")
    return w.norm(gelu(w.conv(x, "conv1")), "norm1")


def edsr(x: Array, w: Weights) -> Array:
    """Lim et al. 2017, figure 2c: x + 0.1 W2 * ReLU(W1 * x)."""
    return x + 0.1 * w.conv(relu(w.conv(x, "branch_conv1")), "branch_conv2")


def rrdb(x: Array, w: Weights) -> Array:
    """Wang et al. 2018, figure 4: x + 0.2 D3(D2(D1(x))), D(x) = x + 0.2 F(x)."""
    y = x
    for dense in (1, 2, 3):
        path, seen = f"branch_residual{dense}_branch", y
        for layer in (1, 2, 3, 4):
            new = w.conv(seen, f"{path}_residual{layer}_branch_conv1")
            seen = np.concatenate([seen, np.where(new > 0, new, 0.2 * new)], -1)
        y = y + 0.2 * w.conv(seen, f"{path}_conv1")
    return x + 0.2 * y


def twice(x: Array, w: Weights, path: str, first: int) -> Array:
    for n in (first, first + 1):
        x = relu(w.conv(x, f"{path}conv{n}"))
    return x


def grown(x: Array, w: Weights, layer: str) -> Array:
    """A transposed convolution of 2 by 2: each element becomes a block of its own."""
    kernel, bias = w(layer)["kernel"], w(layer)["bias"]
    n, height, width, _ = x.shape
    blocks = np.einsum("nhwc,klfc->nhkwlf", x, kernel)
    return blocks.reshape(n, 2 * height, 2 * width, -1) + bias


def unet(x: Array, w: Weights) -> Array:
    """Ronneberger et al. 2015, figure 1, of one level, padded."""
    a = twice(x, w, "", 1)
    b = twice(ref.max_pool(a, 2, 2, "valid"), w, "branch_", 1)
    b = grown(b, w, "branch_up1")
    return twice(np.concatenate([a, b], -1), w, "", 3)


def resunet(stride: int) -> Block:
    """Zhang et al. 2017, figure 2, of one level: nothing comes before the first W."""

    def block(x: Array, w: Weights) -> Array:
        a = preactivation_changing(stride)(x, w) if stride > 1 else _outermost(x, w)
        b = preactivation_changing(2)(a, _under(w, "residual2_branch_residual1"))
        b = np.concatenate([a, b.repeat(2, axis=1).repeat(2, axis=2)], -1)
        return preactivation_changing(1)(b, _under(w, "residual3"))

    return block


def _outermost(x: Array, w: Weights) -> Array:
    y = relu(w.norm(w.conv(x, "branch_conv1"), "branch_norm1"))
    return projected(x, w, 1, norm=False) + w.conv(y, "branch_conv2")


def _under(w: Weights, name: str) -> Weights:
    """The weights of one block of a network, by their names inside it."""
    short = {
        layer.removeprefix(f"{name}_"): values
        for layer, values in w.layers.items()
        if layer.startswith(f"{name}_")
    }
    w.used |= {layer for layer in w.layers if layer.startswith(f"{name}_")}
    return Weights(short, w.training)
