"""Initial values that depend on the whole network: Fixup, T-Fixup and DeepNorm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isclose, prod
from typing import Any, Literal, get_args

import keras
from rich.markup import escape
from rich.table import Table

from keras_residual.common.errors import ResidualError
from keras_residual.common.shown import Shown, whole
from keras_residual.compose.arguments import checked, offered
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.op import Op
from keras_residual.transforms.deviations import deviation, kernels

How = Literal["fixup", "t_fixup", "deepnorm"]
offered("How", get_args(How))
_ASKING = {"query", "key"}  # what no recipe scales


@dataclass(frozen=True)
class Start:
    """One weight that was started anew.

    Attributes:
        weight: Its path, such as `block1_branch_conv1/kernel`.
        role: What the recipe takes it for.
        deviation: The standard deviation it was drawn with, else 0.
        value: What it was set to, where it was not drawn.
    """

    weight: str
    role: str
    deviation: float
    value: float | None = None


class Starts(Shown, list[Start]):
    """All weights that were started anew, in the order of the model."""

    def __rich__(self) -> Table:
        made = whole("weight", "is", "starts as")
        for one in self:
            drawn = f"normal, deviation {one.deviation:.4g}"
            how = drawn if one.value is None else f"{one.value:g}"
            made.add_row(*map(escape, (one.weight, one.role, how)))
        return made


@checked
def initialize(
    model: keras.Model, how: How = "fixup", *, seed: int | None = None
) -> Starts:
    """Starts the weights of a whole network as Fixup, T-Fixup or DeepNorm does.

    These recipes count the residual branches of the network, so no single layer can
    start itself by them. They are found in the model, whoever built it, and its weights
    are set in place; all biases start at zero. Do it before training.

    - `"fixup"`, for networks without norms: with `L` branches of `m` layers each, the
      last layer of every branch and the classifier start at zero, the branches' others
      as He's times `L^(-1 / (2m - 2))`, and all else as He's. Factors that are learned
      (`kr.scale`) start at 1: the paper has one at the end of each branch, and a scalar
      bias before each layer, which stay yours to put there.
    - `"t_fixup"`, for transformers of `N` layers without norms: all as Xavier's, then
      values, outputs and perceptrons times `0.67 N^(-1/4)`, as the paper's encoder, and
      embeddings times `(9 N)^(-1/4)`. Queries and keys are not scaled.
    - `"deepnorm"`, for `kr.blocks.sublayer(placement="deepnorm")` in `N` layers: as
      Xavier's, with values, outputs and perceptrons times `(8 N)^(-1/4)`.

    The last two know a layer as an attention and a perceptron, as encoders or decoders
    have that stand alone. Embeddings of width `d` start as normal(`d^(-1/2)`); where
    the papers leave the distribution open, it is the normal one.

    Args:
        model: A model with all its weights.
        how: The recipe.
        seed: Of the draws. Drawn from Keras's global seed by default.

    Returns:
        What was started, and with which deviation, as a list.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the network is not what the recipe is for.

    Reference:
        Zhang et al., Fixup Initialization, 2019, https://arxiv.org/abs/1901.09321;
        Huang et al., Improving Transformer Optimization Through Better Initialization,
        2020, https://proceedings.mlr.press/v119/huang20f.html; Wang et al., DeepNet:
        Scaling Transformers to 1,000 Layers, 2022, https://arxiv.org/abs/2203.00555.

    Examples:
        >>> x = keras.Input((8,))
        >>> y = kr.connect(x, [[kr.dense(8), "relu", kr.dense(8)]] * 4)
        >>> started = kr.initialize(keras.Model(x, y), "fixup", seed=1)
        >>> [(one.role, one.value) for one in started][:3]
        [('in a branch', None), ('bias', 0.0), ('last of a branch', 0.0)]
    """
    network = _Network(Analysis(model), how)
    generator = keras.random.SeedGenerator(seed)
    recipe = _RECIPES[how](network)
    return Starts(
        start
        for op in network.ops
        for weight in op.layer.weights  # type: ignore[attr-defined]
        if (start := _started(network, op, weight, recipe, generator)) is not None
    )


class _Network:
    """What the recipes know of a model."""

    def __init__(self, analysis: Analysis, how: str) -> None:
        self.how, self.units = how, analysis.units
        if analysis.closed:
            raise self.refused("It holds layers that cannot be looked into.")
        seen: dict[int, Op] = {}
        for op in analysis.graph.ops:
            if kernels(op) or op.kind == "scale":
                seen.setdefault(id(op.layer), op)
        self.ops = list(seen.values())
        self.branches = [[op for p in u.branches for op in p] for u in self.units]
        self.norms = [op for op in analysis.graph.ops if op.kind == "norm"]
        self.last = max(unit.merge.index for unit in self.units) if self.units else -1
        self._recognise()

    def _recognise(self) -> None:
        if not self.units:
            raise self.refused("It has no residual branches.")
        for unit in self.units:
            if unit.form != "add" or unit.shortcut is None or len(unit.ends) != 1:
                raise self.refused(
                    f'"{unit.path}" is no sum of a shortcut and a branch.'
                )
        inside = [op for branch in self.branches for op in branch]
        held = [id(op.layer) for op in inside if kernels(op)]
        if len(set(held)) != len(held):
            raise self.refused("A layer stands in more than one of its branches.")
        for op in inside:
            known = kernels(op) or op.kind in ("norm", "scale")
            if not known and getattr(op.layer, "weights", ()) and op.kind != "dropout":
                raise self.refused(f'"{op.path}" in a branch has weights of its own.')

    def refused(self, given: str) -> ResidualError:
        """Returns the error that says why the recipe is not for this network."""
        return ResidualError(
            f'initialize: "{self.how}" does not know this network.',
            given=given,
            needed=_NEEDED[self.how],
            write=_WRITE[self.how],
        )


_NEEDED = {
    "fixup": "It starts networks of sums, one branch each, without norms.",
    "t_fixup": "It starts transformers of sums, an attention and a perceptron a layer, "
    "without norms.",
    "deepnorm": "It starts transformers of sums, an attention and a perceptron a "
    "layer, whose shortcuts are multiplied by (2 N)^(1/4).",
}
_WRITE = {
    "fixup": "kr.blocks.basic(16, norm=None), for each block",
    "t_fixup": "kr.blocks.transformer(4, norm=None), for each layer",
    "deepnorm": 'kr.blocks.transformer(4, placement="deepnorm", depth=N), for each',
}


# A recipe says of a layer in a branch, or elsewhere, what it is and its factor.
Recipe = Callable[[Op, Any], tuple[str, float]]


def _fixup(network: _Network) -> Recipe:
    """Zhang et al. 2019, section 3: m layers a branch, L branches."""
    if network.norms:
        raise network.refused(f'It has a norm, "{network.norms[0].path}".')
    depth, factors, last = len(network.branches), {}, set()
    for branch in network.branches:
        layers = [op for op in branch if kernels(op)]
        if not layers or any(len(kernels(op)) > 1 for op in layers):
            raise network.refused("The layers of a branch do not have one kernel each.")
        last.add(id(layers[-1].layer))
        power = -1 / (2 * len(layers) - 2) if len(layers) > 1 else 0.0
        factors |= {id(op.layer): depth**power for op in layers}
    behind = [op for op in network.ops if op.index > network.last and kernels(op)]

    def recipe(op: Op, weight: Any) -> tuple[str, float]:
        del weight
        if id(op.layer) in last:
            return "last of a branch", 0.0
        if behind and op is behind[-1]:
            return "classifier", 0.0
        factor = factors.get(id(op.layer))
        return ("elsewhere", 1.0) if factor is None else ("in a branch", factor)

    return recipe


def _t_fixup(network: _Network) -> Recipe:
    """Huang et al. 2020, section 3.2."""
    if network.norms:
        raise network.refused(f'It has a norm, "{network.norms[0].path}".')
    layers = _layers(network)
    return _scaled(network, 0.67 * layers**-0.25, (9 * layers) ** -0.25)


def _deepnorm(network: _Network) -> Recipe:
    """Wang et al. 2022, figure 2."""
    layers = _layers(network)
    alpha = (2 * layers) ** 0.25
    for unit in network.units:
        if not any(op.kind == "norm" for op in unit.after):
            raise network.refused(f'No norm is behind "{unit.path}".')
        found = prod(_factor(op) for op in unit.shortcut or ())
        if not isclose(found, alpha, rel_tol=1e-3):
            raise network.refused(
                f'"{unit.path}" multiplies its shortcut by {found:.4g}; for {layers} '
                f"layers it is {alpha:.4g}."
            )
    return _scaled(network, (8 * layers) ** -0.25, 1.0)


def _factor(op: Op) -> float:
    if isinstance(op.layer, keras.layers.Rescaling):
        return float(op.layer.scale)
    return 1.0 if op.number is None else op.number


def _layers(network: _Network) -> int:
    """Returns the number of layers: an attention and a perceptron each."""
    attending = [b for b in network.branches if any(o.kind == "attention" for o in b)]
    if not attending or len(network.branches) != 2 * len(attending):
        raise network.refused(
            f"Of its {len(network.branches)} branches {len(attending)} hold an "
            "attention."
        )
    crossed = [o for b in attending for o in b if len({*o.sources}) > 1]
    if crossed and any(o.kind == "attention" for o in crossed):
        raise network.refused("An attention reads two tensors, as of a decoder.")
    return len(attending)


def _scaled(network: _Network, inside: float, embedded: float) -> Recipe:
    held = {id(op.layer) for branch in network.branches for op in branch}

    def recipe(op: Op, weight: Any) -> tuple[str, float]:
        if op.kind == "embedding":
            return "embedding", embedded
        if id(op.layer) not in held:
            return "elsewhere", 1.0
        if op.kind == "attention" and _ASKING & {*weight.path.split("/")}:
            return "query or key", 1.0
        return "in a branch", inside

    return recipe


_RECIPES: dict[str, Callable[[_Network], Recipe]] = {
    "fixup": _fixup,
    "t_fixup": _t_fixup,
    "deepnorm": _deepnorm,
}


def _started(
    network: _Network, op: Op, weight: Any, recipe: Recipe, generator: Any
) -> Start | None:
    """Starts one weight anew, and says how; norms' weights are left."""
    path = weight.path
    if weight.name.rpartition("_")[2] == "bias":
        weight.assign(keras.ops.zeros(weight.shape, weight.dtype))
        return Start(path, "bias", 0.0, 0.0)
    if op.kind == "scale" and network.how == "fixup" and weight.trainable:
        weight.assign(keras.ops.ones(weight.shape, weight.dtype))
        return Start(path, "factor", 0.0, 1.0)
    if not any(weight is kernel for kernel in kernels(op)):
        return None
    role, factor = recipe(op, weight)
    spread = factor * deviation(op, weight, network.how)
    if not spread:
        weight.assign(keras.ops.zeros(weight.shape, weight.dtype))
        return Start(path, role, 0.0, 0.0)
    draw = keras.initializers.RandomNormal(stddev=spread, seed=generator)
    weight.assign(draw(weight.shape, weight.dtype))
    return Start(path, role, spread)
