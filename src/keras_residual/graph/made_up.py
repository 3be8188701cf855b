"""Makes inputs up: random ones, those at the edges, and those that a model is for.

What an input is for is asked of the layers that read it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.graph.windows import strides

_PASSING = ("dropout", "identity", "input", "pad", "reshape", "slice")
_FEW = 32  # channels of a sequence that may be one letter of an alphabet each
_NEAR = 1e-4  # of a boundary, in proportion to it and to its bin
_UNHEARD = "unheardof"


@dataclass(frozen=True)
class Purpose:
    """What an input is for.

    Args:
        limit: How many whole numbers, from zero on, it is looked up by; if it is.
        levels: Values that are told apart: one in each bin, each word of a vocabulary
            and one that is not in it.
        words: What joins words to a text; None where each is looked up as it is.
        center: What the first layer subtracts.
        spread: What it divides by then.
        one_hot: Whether it may be a sequence of letters.
        padding: The value of steps that are masked.
    """

    limit: int | None = None
    levels: tuple[Any, ...] = ()
    words: str | None = None
    center: Any = 0.0
    spread: Any = 1.0
    one_hot: bool = False
    padding: float | None = None


def purposes(graph: Graph) -> list[Purpose]:
    """Returns what each input of a model is for.

    Args:
        graph: The model's graph.
    """
    first = [op for op in graph.ops if not op.sources]
    return [_purpose(op, list(_readers(graph, op))) for op in first]


def cropped(graph: Graph) -> int:
    """Returns how much layers crop of the longest axis, at the size of the input.

    Args:
        graph: The model's graph.
    """
    total = scale = 1
    for op in graph.ops:
        scale *= max(strides(op.layer))
        cropping = getattr(op.layer, "cropping", None)
        if cropping is not None:
            sides = np.atleast_2d(np.asarray(cropping))
            total += scale * int(sides.sum(axis=-1).max())
    return total - 1


def _readers(graph: Graph, op: Op) -> Iterator[Op]:
    """Yields what reads an input before it is computed with."""
    todo, seen = [op.index], {op.index}
    while todo:
        for user in graph.users[todo.pop()]:
            reader = graph.ops[user]
            if user in seen:
                continue
            seen.add(user)
            yield reader
            passing = reader.kind in _PASSING or "float" not in reader.dtype
            if passing and not _levels(reader.layer):
                todo.append(user)


def _purpose(op: Op, readers: Sequence[Op]) -> Purpose:
    layers: list[Any] = [reader.layer for reader in readers]
    levels: tuple[Any, ...] = ()
    words = None
    for layer in layers:
        if found := _levels(layer):
            levels, words = found, _joins(layer)
            break
    limits = [n for layer in layers if (n := _limit(layer)) is not None]
    scaling = next((s for layer in layers if (s := _scaling(layer)) is not None), None)
    center, spread = scaling or (0.0, 1.0)
    paddings = [layer.mask_value for layer in layers if _masks(layer)]
    letters = len(op.shape) == 3 and (op.shape[-1] or _FEW + 1) <= _FEW
    return Purpose(
        limit=min(limits, default=None),
        levels=levels,
        words=words,
        center=center,
        spread=spread,
        one_hot=letters and scaling is None,
        padding=next(iter(paddings), None),
    )


def _limit(layer: Any) -> int | None:
    for name in ("input_dim", "num_tokens"):
        if isinstance(known := getattr(layer, name, None), int):
            return known
    return None


def _masks(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Masking)


def _levels(layer: Any) -> tuple[Any, ...]:
    """Returns a value for each bin, or for each entry of a vocabulary."""
    if bounds := getattr(layer, "bin_boundaries", None):
        return _around(np.sort(np.asarray(bounds, "float64")))
    if not hasattr(layer, "get_vocabulary"):
        return ()
    known = tuple(layer.get_vocabulary(include_special_tokens=False))
    if getattr(layer, "invert", False):
        return tuple(range(layer.vocabulary_size()))
    if all(isinstance(one, str) for one in known):
        return (*known, _UNHEARD)
    return (*(int(one) for one in known), max(map(int, known)) + 1)


def _around(bounds: np.ndarray) -> tuple[float, ...]:
    """Returns values on both sides of each boundary, close to it."""
    gap = float(np.diff(bounds).min(initial=np.inf))
    size = np.abs(bounds) + (gap if np.isfinite(gap) else 1.0)
    return tuple(
        np.sort(np.concatenate([bounds - _NEAR * size, bounds + _NEAR * size]))
    )


def _joins(layer: Any) -> str | None:
    """Returns what stands between two words of a text."""
    if not isinstance(layer, keras.layers.TextVectorization):
        return None
    return "" if layer.get_config().get("split") == "character" else " "


def _scaling(layer: Any) -> tuple[Any, Any] | None:
    """Returns what a layer takes off and divides by."""
    if isinstance(layer, keras.layers.Normalization) and layer.mean is not None:
        if layer.invert:
            return None
        return numbers(layer.mean)[0], np.sqrt(numbers(layer.variance))[0]
    if isinstance(layer, keras.layers.Rescaling):
        scale = np.asarray(layer.scale, "float64")
        if not (np.isfinite(scale).all() and scale.all()):
            return None
        return -np.asarray(layer.offset, "float64") / scale, 1 / np.abs(scale)
    if isinstance(layer, keras.layers.BatchNormalization) and layer.axis in (-1, None):
        spread = np.sqrt(numbers(layer.moving_variance) + layer.epsilon)
        return numbers(layer.moving_mean), spread
    return None


KINDS = ("normal", "zeros", "large", "negative", "small", "typical")
"""What the samples of one batch are filled with, in turn."""

_TOKENS = 10  # of an integer input that is looked up nowhere
LINE = 8
"""Words of a text."""

_WORDS = ("a", "b", "ab", "the", "cat", "sat", "10", "")
_SMALL = 1e-3


def made_up(
    rng: np.random.Generator,
    tensor: Any,
    shape: list[int],
    purpose: Purpose,
    kinds: tuple[str, ...],
) -> np.ndarray:
    """Returns a batch for one input.

    Args:
        rng: Draws the numbers.
        tensor: The input.
        shape: Of one sample.
        purpose: What the input is for.
        kinds: What each sample is.
    """
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype == "string" or purpose.levels:
        return _told_apart(rng, kinds, shape, purpose, dtype)
    if "float" in dtype and purpose.limit is None:
        rows = [_sample(rng, kind, shape, purpose) for kind in kinds]
        return np.stack(rows).astype("float64" if dtype == "float64" else "float32")
    high = 2 if dtype == "bool" else purpose.limit or _TOKENS
    drawn = rng.integers(0, high, (len(kinds), *shape))
    for row, kind in enumerate(kinds):
        if kind == "zeros":
            drawn[row] = 0
        elif kind == "large":
            drawn[row] = high - 1
        elif kind == "typical" and shape and dtype != "bool":
            drawn[row, ..., -(shape[-1] // 3) or shape[-1] :] = 0  # as padding
    return drawn.astype("float32" if "float" in dtype else dtype)


def _sample(
    rng: np.random.Generator, kind: str, shape: list[int], purpose: Purpose
) -> np.ndarray:
    if kind == "zeros":
        return np.zeros(shape)
    drawn = rng.standard_normal(shape)
    if kind == "negative":
        return -np.abs(drawn)
    if kind == "large":
        return 100 * drawn
    if kind == "typical":
        drawn = _typical(rng, shape, purpose)
    elif kind == "small":
        drawn = _SMALL * drawn
    drawn = purpose.center + purpose.spread * drawn
    if purpose.padding is not None and len(shape) > 1:
        drawn[-(shape[0] // 3) or shape[0] :] = purpose.padding
    return drawn


def _typical(
    rng: np.random.Generator, shape: list[int], purpose: Purpose
) -> np.ndarray:
    """Returns letters, or what fills the range that the first layer expects."""
    if purpose.one_hot:
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    around = np.any(np.asarray(purpose.center) != 0)
    return rng.uniform(-1 if around else 0, 1, shape)


def _told_apart(
    rng: np.random.Generator,
    kinds: tuple[str, ...],
    shape: list[int],
    purpose: Purpose,
    dtype: str,
) -> np.ndarray:
    """Returns every value in turn, some of them at least."""
    levels: list[Any] = list(purpose.levels or _WORDS)
    each = LINE if purpose.words is not None else 1
    count = len(kinds) * int(np.prod(shape, dtype=int)) * each
    order = np.concatenate(
        [rng.permutation(len(levels)) for _ in range(-(-count // len(levels)))]
    )
    drawn = [levels[k] for k in order[:count]]
    if purpose.words is not None:
        lines = [drawn[k : k + each] for k in range(0, count, each)]
        drawn = [purpose.words.join(line) for line in lines]
    found = np.array(drawn, dtype=None if dtype == "string" else dtype)
    found = found.reshape(len(kinds), *shape)
    if "zeros" in kinds:
        found[kinds.index("zeros")] = "" if dtype == "string" else 0
    return found
