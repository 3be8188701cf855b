"""What mean and variance each point has at initialisation, by its initialisers.

Signals are taken as normal and weights as independent, as the derivations of the
initialisers do. What is not known by its structure starts anew at mean 0, variance 1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_residual.graph.activations import activation_of
from keras_residual.graph.graph import Graph, Op

LARGEST = 1e30  # where a variance is no longer followed
TRUNCATED = 0.774  # variance of a normal cut at two standard deviations
_PLAIN = ("Dense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D")
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)
_SHARES = _WEIGHTS / _WEIGHTS.sum()


class Moments(NamedTuple):
    """The mean and the variance of the elements at one point of a graph."""

    mean: float
    variance: float

    @property
    def square(self) -> float:
        """The mean of the squares."""
        return self.mean**2 + self.variance


START = Moments(0.0, 1.0)


def moments(graph: Graph) -> list[Moments]:
    """Returns the moments of each operation's output, in the order of the graph.

    Args:
        graph: The graph that is followed.
    """
    found: list[Moments] = []
    for op in graph.ops:
        given = [found[i] for i in op.sources]
        mean, variance = _RULES.get(op.kind, _unknown)(op, given)
        found.append(Moments(min(mean, LARGEST**0.5), min(variance, LARGEST)))
    return found


def _unknown(op: Op, given: list[Moments]) -> Moments:
    return START


def _kept(op: Op, given: list[Moments]) -> Moments:
    return given[0]


def _added(op: Op, given: list[Moments]) -> Moments:
    return Moments(sum(m for m, _ in given), sum(v for _, v in given))


def _subtracted(op: Op, given: list[Moments]) -> Moments:
    return Moments(given[0].mean - given[-1].mean, sum(v for _, v in given))


def _averaged(op: Op, given: list[Moments]) -> Moments:
    mean, variance = _added(op, given)
    return Moments(mean / len(given), variance / len(given) ** 2)


def _joined(op: Op, given: list[Moments]) -> Moments:
    mean = sum(m for m, _ in given) / len(given)
    square = sum(one.square for one in given) / len(given)
    return Moments(mean, square - mean**2)


def _normed(op: Op, given: list[Moments]) -> Moments:
    gamma = starting_value(getattr(op.layer, "gamma_initializer", None))
    return START if gamma is None else Moments(0.0, gamma**2)


def _scaled(op: Op, given: list[Moments]) -> Moments:
    factor, (mean, variance) = _factor(op.layer), given[0]
    return START if factor is None else Moments(factor * mean, factor**2 * variance)


def _weighted(op: Op, given: list[Moments]) -> Moments:
    gain = _gain(op.layer)
    if gain is None:
        return START
    return _bent(op, [Moments(0.0, min(gain * given[0].square, LARGEST))])


def _bent(op: Op, given: list[Moments]) -> Moments:
    """Integrates the activation over the normal distribution of its input."""
    function, (mean, variance) = activation_of(op.layer), given[0]
    if function is None:
        return given[0]
    points = np.asarray([mean + variance**0.5 * _NODES], "float32")
    try:
        answer = function(keras.ops.convert_to_tensor(points))
        values = np.asarray(keras.ops.convert_to_numpy(answer), "float64")[0]
    except Exception:  # one that needs another shape, as PReLU with its weights does
        return START
    bent = float(_SHARES @ values)
    square = float(_SHARES @ values**2)
    return Moments(bent, max(square - bent**2, 0.0)) if np.isfinite(square) else START


_RULES: dict[str, Callable[[Op, list[Moments]], Moments]] = {
    "act": _bent,
    "add": _added,
    "average": _averaged,
    "concatenate": _joined,
    "conv": _weighted,
    "dense": _weighted,
    "norm": _normed,
    "scale": _scaled,
    "subtract": _subtracted,
    **dict.fromkeys(
        ("dropout", "identity", "pad", "pool", "reshape", "slice", "upsample"), _kept
    ),
}


def starting_value(initializer: Any) -> float | None:
    """Returns the number that an initialiser fills a weight with, if it is one number.

    Args:
        initializer: A Keras initialiser, or None.

    Examples:
        >>> starting_value(keras.initializers.Zeros())
        0.0
    """
    known = {keras.initializers.Zeros: 0.0, keras.initializers.Ones: 1.0}
    if isinstance(initializer, keras.initializers.Constant):
        value = initializer.value
        return float(value) if isinstance(value, int | float) else None
    return known.get(type(initializer))


def starting_factor(layer: Any) -> float | None:
    """Returns what a learned scale multiplies with before training; None if unknown.

    Args:
        layer: A layer of the kind `"scale"`.
    """
    if isinstance(layer, keras.layers.EinsumDense):
        return starting_value(layer.kernel_initializer)
    names = ("initial", "init_values", "init_value")
    values = (getattr(layer, name, None) for name in names)
    return next((float(v) for v in values if isinstance(v, int | float)), None)


def _factor(layer: Any) -> float | None:
    if isinstance(layer, keras.layers.Rescaling):
        plain = isinstance(layer.scale, int | float) and not np.any(layer.offset)
        return float(layer.scale) if plain else None  # type: ignore[arg-type]
    return starting_factor(layer)


def _gain(layer: Any) -> float | None:
    """Returns by how much a layer multiplies the mean of the squares."""
    name = type(layer).__name__
    if name not in _PLAIN or getattr(layer, "kernel", None) is None:
        return None
    shape: tuple[int, ...] = tuple(layer.kernel.shape)
    depthwise = name.startswith("Depthwise")
    read = prod(shape[:-2]) if depthwise else prod(shape[:-1])
    start = "depthwise_initializer" if depthwise else "kernel_initializer"
    variance = _variance(getattr(layer, start), shape)
    return None if variance is None else read * variance


def _variance(initializer: Any, shape: tuple[int, ...]) -> float | None:
    if isinstance(initializer, keras.initializers.VarianceScaling):
        field = prod(shape[:-2])
        inward, outward = field * shape[-2], field * shape[-1]
        mean = (inward + outward) / 2
        fans = {"fan_in": inward, "fan_out": outward, "fan_avg": mean}
        return initializer.scale / max(1.0, fans[initializer.mode])
    if isinstance(initializer, keras.initializers.TruncatedNormal):
        return TRUNCATED * initializer.stddev**2
    if isinstance(initializer, keras.initializers.RandomNormal):
        return initializer.stddev**2
    return 0.0 if starting_value(initializer) == 0 else None
