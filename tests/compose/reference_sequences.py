"""The blocks for time series in NumPy float64, from their papers."""

import numpy as np

from . import reference as ref
from .reference import Array, relu
from .reference_blocks import Block, Weights


def causal(x: Array, kernel: Array, bias: Array, rate: int) -> Array:
    """Bai et al. 2018, section 3.3: step t reads t, t - d, t - 2d, and so on."""
    size = len(kernel)
    y = np.zeros((*x.shape[:2], kernel.shape[-1])) + bias
    for offset in range(size):
        back = rate * (size - 1 - offset)
        y[:, back:] += x[:, : x.shape[1] - back] @ kernel[offset]
    return y


def weight_normed(own: dict[str, Array]) -> Array:
    """Salimans & Kingma 2016, equation 2, a filter each."""
    v = own["conv/kernel"]
    return own["scale"] * v / np.sqrt((v**2).sum((0, 1)))


def tcn(rate: int) -> Block:
    """Bai et al. 2018, figure 1b; in inference dropout is the identity."""

    def block(x: Array, w: Weights) -> Array:
        y = x
        for layer in ("branch_conv1", "branch_conv2"):
            own = w(layer)
            y = relu(causal(y, weight_normed(own), own["bias"], rate))
        same = x.shape[-1] == y.shape[-1]
        return relu((x if same else w.conv(x, "shortcut_conv1")) + y)

    return block


def wavenet(x: Array, w: Weights) -> Array:
    """Van den Oord et al. 2016, equation 2 and figure 4, dilations 1, 2, 4."""
    total = 0.0
    for layer in (1, 2, 3):
        name, rate = f"wavenet1_layer{layer}", 2 ** (layer - 1)
        half1, half2 = (
            causal(x, rate=rate, **w(f"{name}_branch_parallel1_path{path}_conv1"))
            for path in (1, 2)
        )
        z = np.tanh(half1) * ref.sigmoid(half2)
        total = total + w.conv(z, f"{name}_skip_conv1")
        if layer < 3:
            x = x + w.conv(z, f"{name}_branch_conv1")
    return total


def time_series(x: Array, w: Weights) -> Array:
    """Wang et al. 2016, section 2.3, with kernels of 8, 5 and 3; padded as Keras."""
    y = x
    for n in (1, 2, 3):
        y = ref.convolution(y, **w(f"branch_conv{n}"))
        y = w.norm(y, f"branch_norm{n}")
        y = relu(y) if n < 3 else y
    same = x.shape[-1] == y.shape[-1]
    s = x if same else w.conv(x, "shortcut_conv1")
    return relu(w.norm(s, "shortcut_norm1") + y)


def inception(x: Array, w: Weights, name: str) -> Array:
    """Fawaz et al. 2019, figure 2; one channel is not narrowed."""
    convs = iter(range(1, 6))

    def conv(x: Array) -> Array:
        return ref.convolution(x, **w(f"{name}_conv{next(convs)}"))

    narrow = conv(x) if x.shape[-1] > 1 else x
    paths = [conv(narrow) for _ in range(3)] + [conv(ref.max_pool(x, 3, 1))]
    return relu(w.norm(np.concatenate(paths, -1), f"{name}_norm1"))


def inception_module(x: Array, w: Weights) -> Array:
    return inception(x, w, "inception1")


def inception_time(x: Array, w: Weights) -> Array:
    """Fawaz et al. 2019, figure 1, the skip around three modules."""
    y = x
    for module in (1, 2, 3):
        y = inception(y, w, f"branch_inception{module}")
    return relu(w.norm(w.conv(x, "shortcut_conv1"), "shortcut_norm1") + y)
