"""Inputs to try a model on: random ones, and those at the edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from keras_residual.build.layout import need_layout
from keras_residual.read.graph import Graph
from keras_residual.read.op import Op

Arrays = tuple[np.ndarray, ...]
Numbers = dict[str, np.ndarray]

KINDS = ("normal", "zeros", "large", "negative", "uniform")
"""What the samples of one batch are filled with, in turn."""

# Sizes that an unknown axis is given: odd, divisible by 2**5, and those of photographs.
# Two of them are tried: the first that the model takes and the last.
SIZES = (33, 64, 96, 224)
_LARGE = 1 << 18  # numbers in a batch: of more, what a model makes takes gigabytes
_TOKENS = 10  # of an integer input that is looked up nowhere


@dataclass(frozen=True, slots=True)
class Trial:
    """One batch to call a model on.

    Args:
        kinds: What each sample is: one of `KINDS`.
        arrays: The inputs, in the order of `model.inputs`.
        apart: Whether a model is called on each sample by itself, in less memory.
    """

    kinds: tuple[str, ...]
    arrays: Arrays
    apart: bool = False

    @property
    def shapes(self) -> str:
        """The shapes of the arrays, as text."""
        return ", ".join(str(array.shape) for array in self.arrays)

    def answered(self, answer: Callable[[Arrays], Numbers]) -> Numbers:
        """Returns what a model makes of the batch, by name.

        Args:
            answer: Makes it of arrays.
        """
        if not self.apart:
            return answer(self.arrays)
        rows = range(len(self.kinds))
        made = [answer(tuple(one[k : k + 1] for one in self.arrays)) for k in rows]
        return {
            name: np.concatenate([np.atleast_1d(one[name]) for one in made])
            for name in made[0]
        }


def trials_for(model: keras.Model, *, size: int = SIZES[0], seed: int = 0) -> list:
    """Returns batches that a model takes: one of all kinds and one of a single sample.

    Integer inputs hold numbers that the embeddings which read them know. Of a batch of
    photographs, each sample is answered by itself.

    Args:
        model: A model with a graph.
        size: What an unknown axis measures; the second batch measures the same.
        seed: Another one draws other numbers.

    Raises:
        ValueError: An input holds neither numbers nor truth values, or the model
            cannot be run on this machine.

    Examples:
        >>> model = keras.Sequential([keras.Input((None, 2)), keras.layers.ReLU()])
        >>> [trial.shapes for trial in trials_for(model, size=5)]
        ['(5, 5, 2)', '(1, 5, 2)']
    """
    need_layout(model, f'Model "{model.name}"')
    rng = np.random.default_rng(seed)
    limits = _limits(model)
    fixed = model.inputs[0].shape[0]
    batches = [KINDS, ("normal",)]
    if fixed is not None:
        turns = -(-len(KINDS) // fixed)
        batches = [tuple(np.resize(KINDS[k * fixed :], fixed)) for k in range(turns)]
    made = [
        Trial(
            tuple(str(kind) for kind in kinds),
            tuple(
                _batch(rng, tensor, kinds, size=size, limit=limit)
                for tensor, limit in zip(model.inputs, limits, strict=True)
            ),
        )
        for kinds in batches
    ]
    large = sum(array.size for array in made[0].arrays) > _LARGE
    return [replace(one, apart=large and fixed is None) for one in made]


def _batch(
    rng: np.random.Generator, tensor: Any, kinds: tuple, *, size: int, limit: int | None
) -> np.ndarray:
    shape = [size if n is None else n for n in tensor.shape[1:]]
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype == "string":
        raise ValueError(
            f'Input "{tensor.name}": no strings can be made up for it.\n'
            f"  given  dtype {dtype}, shape {tuple(tensor.shape)}\n"
            "A rewrite is proved on inputs that the model takes.\n"
            "Give them:  prove(old, new, inputs=[np.array([...])])"
        )
    if "float" in dtype and limit is None:
        return np.stack([_sample(rng, kind, shape) for kind in kinds]).astype("float32")
    high = 2 if dtype == "bool" else limit or _TOKENS
    drawn = rng.integers(0, high, (len(kinds), *shape))
    for row, kind in enumerate(kinds):
        if kind == "zeros":
            drawn[row] = 0
        elif kind == "large":
            drawn[row] = high - 1
    return drawn.astype("float32" if "float" in dtype else dtype)


def _sample(rng: np.random.Generator, kind: str, shape: list[int]) -> np.ndarray:
    if kind == "zeros":
        return np.zeros(shape)
    if kind == "uniform":
        return rng.random(shape)
    drawn = rng.standard_normal(shape)
    if kind == "negative":
        return -np.abs(drawn)
    return 100 * drawn if kind == "large" else drawn


def _limits(model: keras.Model) -> list[int | None]:
    """Returns the size of the vocabulary that each input is looked up in, if any."""
    graph = Graph(model)
    first = [op for op in graph.ops if not op.sources]
    return [min(_ceilings(graph, op), default=None) for op in first]


def _ceilings(graph: Graph, op: Op) -> Iterator[int]:
    """Yields the sizes of the vocabularies that `op` is looked up in."""
    todo, seen = [op.index], {op.index}
    while todo:
        for user in graph.users[todo.pop()]:
            layer = graph.ops[user].layer
            for name in ("input_dim", "num_tokens"):
                if isinstance(known := getattr(layer, name, None), int):
                    yield known
            if user not in seen and "float" not in graph.ops[user].dtype:
                seen.add(user)
                todo.append(user)
