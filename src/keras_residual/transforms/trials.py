"""Batches to try a model on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import keras
import numpy as np

from keras_residual.compose.layout import need_layout
from keras_residual.graph.analysis import Analysis, as_built
from keras_residual.graph.made_up import KINDS, LINE, made_up
from keras_residual.graph.precision import whole_products
from keras_residual.graph.purpose import Purpose, purposes

Arrays = tuple[np.ndarray, ...]
Numbers = dict[str, np.ndarray]

# Sizes that an unknown axis is given: odd, divisible by 2**5, and those of photographs.
# Two of them are tried: the first that the model takes and the last.
SIZES = (33, 64, 96, 224)
_LARGE = 1 << 18  # numbers in a batch: of more, what a model makes takes gigabytes
_MOST_FURTHER = 29  # pairs of a normal sample and a typical one
_LIGHT = 1 << 10  # numbers of a sample, of which more cost a small model nothing
_SMALL = 1 << 20  # numbers of a small model
_MORE = 5


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
        with whole_products():
            if not self.apart:
                return answer(self.arrays)
            rows = range(len(self.kinds))
            made = [answer(tuple(one[k : k + 1] for one in self.arrays)) for k in rows]
        return {
            name: np.concatenate([np.atleast_1d(one[name]) for one in made])
            for name in made[0]
        }


def trials_for(
    model: keras.Model | Analysis, *, size: int = SIZES[0], seed: int = 0
) -> list:
    """Returns batches that a model takes: one of all kinds and one of a single sample.

    They are what the first layers expect: numbers that an embedding knows, values in
    every bin, words of a vocabulary, pixels before a rescaling. Of a batch of
    photographs, each sample is answered by itself.

    Args:
        model: A model with a graph, or an `Analysis` of one.
        size: What an unknown axis measures; the second batch measures the same.
        seed: Another one draws other numbers.

    Raises:
        ResidualError: The model cannot be run on this machine.

    Examples:
        >>> model = keras.Sequential([keras.Input((None, 2)), keras.layers.ReLU()])
        >>> [trial.shapes for trial in trials_for(model, size=5)]
        ['(16, 5, 2)', '(1, 5, 2)']
    """
    analysis = as_built(model)
    model = analysis.model
    need_layout(model, f'Model "{model.name}"')
    rng = np.random.default_rng(seed)
    shapes = [[n or size for n in tensor.shape[1:]] for tensor in model.inputs]
    inputs = list(zip(model.inputs, shapes, purposes(analysis.graph), strict=True))
    kinds = KINDS + (KINDS[0], KINDS[-1]) * _further(model, inputs)
    fixed = model.inputs[0].shape[0]
    batches = [kinds, kinds[:1]]
    if fixed is not None:
        turns = -(-len(kinds) // fixed)
        batches = [tuple(np.resize(kinds[k * fixed :], fixed)) for k in range(turns)]
    made = [
        Trial(
            tuple(map(str, kinds)),
            tuple(made_up(rng, *one, tuple(map(str, kinds))) for one in inputs),
        )
        for kinds in batches
    ]
    apart = is_large(made[0].arrays) and fixed is None
    return [replace(one, apart=apart) for one in made]


def is_large(arrays: Arrays) -> bool:
    """Says whether a model should rather be called on each sample by itself."""
    return sum(array.size for array in arrays) > _LARGE


def _further(model: keras.Model, inputs: list[tuple[Any, list[int], Purpose]]) -> int:
    """Returns how many pairs it takes to wake each unit and see each value."""
    light = sum(max(1, prod(shape)) for _, shape, _ in inputs) <= _LIGHT
    most = _MORE if light and model.count_params() <= _SMALL else 0
    for _, shape, purpose in inputs:
        a_sample = max(1, prod(shape)) * (LINE if purpose.words is not None else 1)
        most = max(most, -(-len(purpose.levels) // (2 * a_sample)))
    return min(most, _MOST_FURTHER)
