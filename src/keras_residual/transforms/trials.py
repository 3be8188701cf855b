"""Batches to try a model on: made up, or those that a person gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose.layout import need_layout
from keras_residual.graph.analysis import Analysis, as_built
from keras_residual.graph.made_up import KINDS, LINE, Purpose, made_up, purposes
from keras_residual.graph.precision import whole_products
from keras_residual.graph.words import need_words

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
    apart = _is_large(made[0].arrays) and fixed is None
    return [replace(one, apart=apart) for one in made]


def _is_large(arrays: Arrays) -> bool:
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


def must_run_here(model: keras.Model) -> None:
    """Refuses a model that cannot be run on this machine, or with this backend.

    Args:
        model: A Functional or Sequential model.

    Raises:
        ResidualError: A convolution wants another layout, or an input words.
    """
    need_layout(model, f'Model "{model.name}"')
    inputs = [(one.name, one.dtype) for one in model.inputs]
    need_words(inputs, f'Model "{model.name}"')


GIVEN = "given"
"""The kind of samples that were given."""


def given_trial(model: keras.Model, inputs: Any) -> Trial:
    """Returns the batch that was given for a model.

    Args:
        model: A Functional or Sequential model.
        inputs: An array; a list or tuple of arrays in the order of `model.inputs`; a
            dict by the names of the inputs or by the model's own keys; or the structure
            that the model takes.

    Raises:
        ResidualError: It does not fit the inputs of the model.

    Examples:
        >>> x, y = keras.Input((2,), name="x"), keras.Input((3,), name="y")
        >>> model = keras.Model([x, y], keras.layers.Concatenate()([x, y]))
        >>> given_trial(model, {"y": np.ones((5, 3)), "x": np.ones((5, 2))}).shapes
        '(5, 2), (5, 3)'
    """
    arrays = tuple(_array(one) for one in _in_order(model, inputs))
    tensors = model.inputs
    fits = len(arrays) == len(tensors) and all(
        _takes(tensor.shape, array.shape) and _holds(tensor.dtype, array)
        for tensor, array in zip(tensors, arrays, strict=True)
    )
    rows = {array.shape[:1] for array in arrays}
    if not fits or len(rows) != 1 or (0,) in rows:
        raise _misfit(model, described(arrays))
    fixed = tensors[0].shape[0] is not None
    kinds = (GIVEN,) * len(arrays[0])
    return Trial(kinds, arrays, apart=_is_large(arrays) and not fixed)


def _in_order(model: keras.Model, inputs: Any) -> list[Any]:
    names = [tensor.name for tensor in model.inputs]
    if isinstance(inputs, Mapping):
        keys = names
        if set(inputs) != set(names) and isinstance(model.input, Mapping):
            keys = sorted(model.input)  # as Keras flattens it
        if set(inputs) != set(keys):
            named = ", ".join(map(repr, inputs))
            raise _misfit(model, f"arrays named {named}" if inputs else "")
        return [inputs[key] for key in keys]
    if isinstance(inputs, (list, tuple)) and len(names) == 1 and len(inputs) != 1:
        return [inputs]  # the rows of one array
    return keras.tree.flatten(inputs)


def _array(value: Any) -> np.ndarray:
    if isinstance(value, keras.KerasTensor):
        raise KindError(
            "These inputs have no numbers.",
            given=f"{value!r:.80}",
            needed="A model is run on arrays, and a Keras tensor is a place for one.",
            write="inputs=np.ones((8, 32, 32, 3)), with numbers of your own",
        )
    if hasattr(value, "dtype") and not isinstance(value, np.ndarray):
        value = keras.ops.convert_to_numpy(value)
    array = np.asarray(value)
    return array.astype(str) if array.dtype.kind in "SO" else array


def _takes(shape: tuple[int | None, ...], given: tuple[int, ...]) -> bool:
    return len(shape) == len(given) and all(
        n in (None, m) for n, m in zip(shape, given, strict=True)
    )


def _holds(dtype: str, given: np.ndarray) -> bool:
    """Complex numbers would lose a part, and no layer knows dates or words."""
    return given.dtype.kind not in "cmM" and (given.dtype.kind == "U") == (
        dtype == "string"
    )


def described(arrays: Arrays) -> str:
    """Returns the shape and the type of each array, as text.

    Args:
        arrays: The arrays.
    """
    return ", ".join(f"{array.shape} {array.dtype}" for array in arrays)


def _misfit(model: keras.Model, given: str) -> ResidualError:
    needed = ", ".join(
        f"{tensor.name} {tensor.shape} {tensor.dtype}" for tensor in model.inputs
    )
    return ResidualError(
        f'Model "{model.name}": the inputs do not fit.',
        given=given or "nothing",
        needed=f"It takes {needed}, with as many samples in each.",
        write="inputs=[array] in that order, or inputs={name: array}",
        option="--inputs FILE.npz",
    )
