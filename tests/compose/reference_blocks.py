"""The published blocks in NumPy float64, from their papers' figures and equations.

A block takes its input and its `Weights`, which it asks for by the layer's name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from . import reference as ref
from .reference import Array, relu


@dataclass
class Weights:
    """Weights in float64 by layer and name, and which layers a reference has used."""

    layers: dict[str, dict[str, Array]]
    training: bool = False
    used: set[str] = field(default_factory=set)

    def __call__(self, layer: str) -> dict[str, Array]:
        self.used.add(layer)
        return self.layers[layer]

    def conv(self, x: Array, layer: str, stride: int = 1) -> Array:
        """Papers pad symmetrically, as Torch does."""
        return ref.convolution(x, **self(layer), stride=stride, padding="symmetric")

    def dense(self, x: Array, layer: str) -> Array:
        return ref.dense(x, **self(layer))

    def norm(self, x: Array, layer: str, epsilon: float = 1e-5) -> Array:
        options = {"training": self.training, "epsilon": epsilon}
        return ref.batch_norm(x, **self(layer), **options)


Block = Callable[[Array, Weights], Array]


def projected(x: Array, w: Weights, stride: int, norm: bool = True) -> Array:
    """He et al. 2015, option B: a 1x1 convolution, normalised in v1."""
    y = w.conv(x, "shortcut_conv1", stride)
    return w.norm(y, "shortcut_norm1") if norm else y


def pooled_projected(x: Array, w: Weights, stride: int, norm: bool = True) -> Array:
    """He et al. 2018, figure 2c: the mean of stride x stride, then option B."""
    return projected(ref.mean_of_blocks(x, stride), w, 1, norm)


def carried(x: Array, y: Array, w: Weights, stride: int) -> Array:
    """The identity where the shape is kept, else option B."""
    same = stride == 1 and x.shape[-1] == y.shape[-1]
    return x if same else projected(x, w, stride)


def basic_branch(x: Array, w: Weights, stride: int) -> Array:
    x = relu(w.norm(w.conv(x, "branch_conv1", stride), "branch_norm1"))
    return w.norm(w.conv(x, "branch_conv2"), "branch_norm2")


def basic(stride: int = 1) -> Block:
    """He et al. 2015, figure 5 left."""

    def block(x: Array, w: Weights) -> Array:
        y = basic_branch(x, w, stride)
        return relu(carried(x, y, w, stride) + y)

    return block


def basic_with(shortcut: Callable[[Array, Weights], Array], stride: int) -> Block:
    """The basic block with another shortcut."""
    return lambda x, w: relu(shortcut(x, w) + basic_branch(x, w, stride))


def basic_normed(
    norm: Callable[[Array, dict[str, Array]], Array], stride: int = 1
) -> Block:
    """The basic block with another norm; everywhere the same one."""

    def block(x: Array, w: Weights) -> Array:
        y = relu(norm(w.conv(x, "branch_conv1", stride), w("branch_norm1")))
        y = norm(w.conv(y, "branch_conv2"), w("branch_norm2"))
        s = norm(w.conv(x, "shortcut_conv1", stride), w("shortcut_norm1"))
        return relu(s + y)

    return block


def basic_without_norm(x: Array, w: Weights) -> Array:
    y = w.conv(relu(w.conv(x, "branch_conv1")), "branch_conv2")
    return relu(w.conv(x, "shortcut_conv1") + y)


def bottleneck(stride: int = 1) -> Block:
    """He et al. 2015, figure 5 right, with the stride in the 3x3 ("v1.5")."""

    def block(x: Array, w: Weights) -> Array:
        y = relu(w.norm(w.conv(x, "branch_conv1"), "branch_norm1"))
        y = relu(w.norm(w.conv(y, "branch_conv2", stride), "branch_norm2"))
        y = w.norm(w.conv(y, "branch_conv3"), "branch_norm3")
        return relu(carried(x, y, w, stride) + y)

    return block


def preactivation(x: Array, w: Weights) -> Array:
    """He et al. 2016, figure 4e and equation 3: nothing touches the stream."""
    y = w.conv(relu(w.norm(x, "branch_norm1")), "branch_conv1")
    return x + w.conv(relu(w.norm(y, "branch_norm2")), "branch_conv2")


def preactivation_changing(stride: int) -> Block:
    """Where the shape changes, branch and projection share the first activation."""

    def block(x: Array, w: Weights) -> Array:
        a = relu(w.norm(x, "preactivation_norm1"))
        y = relu(w.norm(w.conv(a, "branch_conv1", stride), "branch_norm1"))
        return projected(a, w, stride, norm=False) + w.conv(y, "branch_conv2")

    return block


def preactivation_bottleneck(x: Array, w: Weights) -> Array:
    """He et al. 2016, section 5: the same with 1x1, 3x3, 1x1."""
    y = w.conv(relu(w.norm(x, "branch_norm1")), "branch_conv1")
    y = w.conv(relu(w.norm(y, "branch_norm2")), "branch_conv2")
    return x + w.conv(relu(w.norm(y, "branch_norm3")), "branch_conv3")


def preactivation_bottleneck_changing(stride: int) -> Block:
    def block(x: Array, w: Weights) -> Array:
        a = relu(w.norm(x, "preactivation_norm1"))
        y = relu(w.norm(w.conv(a, "branch_conv1"), "branch_norm1"))
        y = relu(w.norm(w.conv(y, "branch_conv2", stride), "branch_norm2"))
        return projected(a, w, stride, norm=False) + w.conv(y, "branch_conv3")

    return block


def tabular(x: Array, w: Weights) -> Array:
    """Gorishniy et al. 2021, section 3.2; in inference dropout is the identity."""
    y = relu(w.dense(w.norm(x, "branch_norm1"), "branch_dense1"))
    return x + w.dense(y, "branch_dense2")


def _carried_plainly(x: Array, y: Array, w: Weights) -> Array:
    return x if x.shape[-1] == y.shape[-1] else projected(x, w, 1, norm=False)


def two_relu_convolutions(x: Array, w: Weights) -> Array:
    """Introductory block 1."""
    y = relu(w.conv(relu(w.conv(x, "branch_conv1")), "branch_conv2"))
    return _carried_plainly(x, y, w) + y


def two_linear_convolutions(x: Array, w: Weights) -> Array:
    """Introductory block 2."""
    y = w.conv(w.conv(x, "branch_conv1"), "branch_conv2")
    return relu(_carried_plainly(x, y, w) + y)


def normed_convolutions(x: Array, w: Weights) -> Array:
    """Introductory block 3, with Keras's own epsilon."""
    y = relu(w.norm(w.conv(x, "branch_conv1"), "branch_norm1", 1e-3))
    y = w.norm(w.conv(y, "branch_conv2"), "branch_norm2", 1e-3)
    return relu(_carried_plainly(x, y, w) + y)


def expanded(x: Array, w: Weights) -> Array:
    """Introductory block 4."""
    y = relu(w.conv(relu(w.conv(x, "branch_conv1")), "branch_conv2"))
    y = w.conv(y, "branch_conv3")
    return relu(_carried_plainly(x, y, w) + y)


def one_convolution(x: Array, w: Weights) -> Array:
    """Introductory block 5."""
    y = w.conv(x, "branch_conv1")
    return _carried_plainly(x, y, w) + y


def option_a(width: int, stride: int, *, around: bool = False) -> Block:
    return lambda x, w: ref.zero_pad(x, width, stride, around=around)


def branch_alone(x: Array, w: Weights) -> Array:
    """The branch that the rows for shortcuts and merges use: one 3x3 convolution."""
    return w.conv(x, "branch_conv1")


def gate(x: Array, w: Weights) -> Array:
    transform = ref.sigmoid(w.conv(x, "merge_conv1"))
    return ref.highway(branch_alone(x, w), x, transform)


def two_gates(x: Array, w: Weights) -> Array:
    carry = ref.sigmoid(w.conv(x, "merge_conv1"))
    transform = ref.sigmoid(w.conv(x, "merge_conv2"))
    return ref.highway_two(branch_alone(x, w), x, (transform, carry))


def dense_gate(x: Array, w: Weights) -> Array:
    """A Highway layer of features, with H = relu(W x + b)."""
    transform = ref.sigmoid(w.dense(x, "merge_dense1"))
    return ref.highway(relu(w.dense(x, "branch_dense1")), x, transform)


def squeeze_excite(x: Array, w: Weights) -> Array:
    """Hu et al. 2017, equations 2 to 4, as a gate with one number a channel."""
    z = x.mean(axis=(1, 2), keepdims=True)
    s = ref.sigmoid(w.conv(relu(w.conv(z, "branch_conv1")), "branch_conv2"))
    return s * x


def scaled(x: Array, w: Weights) -> Array:
    """ReZero and SkipInit: x + a F(x)."""
    return x + w("branch_scale1")["scale"] * branch_alone(x, w)


def layer_scaled(x: Array, w: Weights) -> Array:
    """LayerScale: x + diag(gamma) F(x)."""
    return x + w("branch_scale1")["kernel"] * branch_alone(x, w)


def parallel(x: Array, w: Weights) -> Array:
    path1 = w.conv(x, "parallel1_path1_conv1")
    return path1 + w.conv(x, "parallel1_path2_conv1")


def towers(x: Array, w: Weights) -> Array:
    paths = [w.conv(x, f"parallel1_path{n}_conv1") for n in (1, 2)]
    return np.concatenate(paths, axis=-1)
