"""Whether an opened model computes and learns what the model does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_residual._keras import input_structure
from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import first_sentence
from keras_residual.graph.functional import in_order
from keras_residual.graph.gradients import gradients, without_gradients
from keras_residual.graph.graph import Graph
from keras_residual.graph.made_up import made_up, purposes
from keras_residual.graph.numbers import numbers
from keras_residual.graph.precision import whole_products
from keras_residual.graph.untouched import untouched

TOLERANCE = 1e-6  # of an output's scale
HALF = 2e-2  # where it has half precision
_ROWS = 4  # of an example that is given
SLOPE = 1e-3  # of the largest gradient of a weight
_KINDS = ("normal", "typical")
_NO_GRADIENTS = "gradients were not compared, as the model itself has none"
_SIZES = ((7, 16, 64), (5, 8, 33), (4, 4, 224))
"""What an unknown axis measures: of words, of a sequence, of a picture."""


@dataclass(frozen=True)
class Verdict:
    """What a comparison says.

    Args:
        differs: What differs, in words; None where nothing does.
        unseen: What could not be compared, in a sentence; nothing where all was.
    """

    differs: str | None = None
    unseen: str = ""


def compared(
    model: Any, opened: keras.Model, like: Any = None, *, train: bool = True
) -> Verdict:
    """Compares outputs and gradients, on an example or on made-up inputs.

    Args:
        model: The model as it is.
        opened: The functional model that was made of it, on the same weights.
        like: An example batch; inputs are made up where there is none, or where it is
            of other sizes.
        train: Whether outputs in training are compared, where nothing is random.

    Raises:
        ResidualError: The model runs on no inputs that were tried.
    """
    refused: Exception | None = None
    for values in (*_given(opened, like), *_inputs(opened)):
        try:
            with whole_products(), without_gradients():
                before = _called(model, opened, values, training=False)
        except Exception as reason:  # foreign code: whatever it raises
            refused = reason
            continue
        wrong = _apart(model, opened, values, before, train)
        return _of_gradients(model, opened, values) if wrong is None else Verdict(wrong)
    raise ResidualError(
        f'Model "{model.name}": it runs on none of the inputs that were made up.',
        given=f"it said: {first_sentence(refused)}",
        needed="What was opened is compared with the model, on inputs that it takes.",
        write="kr.unfold(model, like=batch)   # one batch, as the model takes it",
    ) from refused


def _given(opened: Any, like: Any) -> list[list[Any]]:
    """Returns an example as the opened model takes it, where it does."""
    flat = keras.tree.flatten(like) if like is not None else []
    if not flat or any(isinstance(one, keras.KerasTensor) for one in flat):
        return []
    values = in_order(opened, like)
    fits = len(values) == len(opened.inputs) and all(
        all(n in (None, 1, m) for n, m in zip(one.shape[:1], value.shape, strict=False))
        and all(
            n in (None, m) for n, m in zip(one.shape[1:], value.shape[1:], strict=False)
        )
        for one, value in zip(opened.inputs, values, strict=True)
    )
    if not fits:
        return []
    if all(value.shape[0] == 1 for value in values):
        values = [keras.ops.concatenate([one] * 3) for one in values]  # not one alone
    pairs = zip(values, opened.inputs, strict=True)
    return [[keras.ops.convert_to_tensor(a[:_ROWS], dtype=b.dtype) for a, b in pairs]]


def _apart(
    model: Any, opened: Any, values: list[Any], before: Any, train: bool
) -> str | None:
    with whole_products(), without_gradients():
        try:
            after = _called(opened, opened, values, training=False)
        except Exception as reason:  # foreign code: whatever it raises
            return f"it cannot be run: {str(reason).strip().splitlines()[0]}"
        if not alike(before, after):
            again = _called(model, opened, values, training=False)
            known = alike(before, again)
            return "it computes something else" if known else "it is random"
        if train and not _is_random(opened):
            trained = [
                _called(one, opened, values, training=True) for one in (model, opened)
            ]
            if not alike(*trained):
                return "it computes something else in training"
    return None


def _of_gradients(model: Any, opened: Any, values: list[Any]) -> Verdict:
    with whole_products():
        try:
            wanted = _slopes(model, opened, values)
        except Exception as reason:  # foreign code, as NumPy in a call
            said = first_sentence(reason)
            return Verdict(None, f"{_NO_GRADIENTS}: {type(reason).__name__}: {said}")
        try:
            found = _slopes(opened, opened, values)
        except Exception:  # foreign code: whatever it raises
            return Verdict("it has no gradients")
    same = _same_slopes(wanted, found)
    return Verdict(None if same else "its weights get other gradients")


def _inputs(opened: keras.Model) -> Iterator[list[Any]]:
    """Yields batches of inputs, of the sizes that are not known in turn."""
    graph = Graph(opened)
    fixed = any(None in tensor.shape[1:] for tensor in opened.inputs)
    for sizes in _SIZES if fixed else _SIZES[:1]:
        rng, found = np.random.default_rng(0), []
        for tensor, purpose in zip(opened.inputs, purposes(graph), strict=True):
            batch, *shape = tensor.shape
            usual = sizes[min(len(shape), 3) - 1] if shape else 1
            # A batch of one stands for any: then another number is tried.
            rows = batch if batch and batch > 1 else 3
            kinds = tuple(map(str, np.resize(_KINDS, rows)))
            known = [n or usual for n in shape]
            array = made_up(rng, tensor, known, purpose, kinds)
            found.append(keras.ops.convert_to_tensor(array, dtype=tensor.dtype))
        yield found


def _called(model: Any, opened: Any, values: list[Any], *, training: bool) -> list[Any]:
    packed = keras.tree.pack_sequence_as(input_structure(opened), values)
    with warnings.catch_warnings(), untouched(model) as scope:
        warnings.simplefilter("ignore")  # nobody asked for this call
        answer = model(packed, training=training)
    found = [one for one in keras.tree.flatten(answer) if one is not None]
    return [*found, *_losses(scope)]


def _losses(scope: keras.StatelessScope) -> list[Any]:
    """Returns the sum of the losses that a call added; nothing where it added none."""
    parts: list[Any] = [
        keras.ops.sum(keras.ops.cast(one, "float32")) for one in scope.losses
    ]
    return [sum(parts)] if parts else []


def _slopes(model: Any, opened: Any, values: list[Any]) -> list[Any]:
    """Returns the gradients of the weights, of a sum that no output drops out of."""
    weights = opened.trainable_variables
    packed = keras.tree.pack_sequence_as(input_structure(opened), values)

    def total(given: list[Any]) -> Any:
        pairs = list(zip(weights, given, strict=True))
        scope = keras.StatelessScope(
            pairs, collect_losses=True, initialize_variables=False
        )
        with warnings.catch_warnings(), untouched(model, scope=scope):
            warnings.simplefilter("ignore")  # nobody asked for this call
            answer = keras.tree.flatten(model(packed, training=False))
        ends = [one for one in answer if one is not None and _is_float(one)]
        parts: list[Any] = [keras.ops.sum(_weighted(end)) for end in ends]
        return sum([*parts, *_losses(scope)])

    if not weights:
        return []
    at = [keras.ops.convert_to_tensor(one) for one in weights]
    return gradients(total, at, whole=True)


def _weighted(value: Any) -> Any:
    value = keras.ops.cast(value, "float32")
    factors = np.random.default_rng(1).normal(size=value.shape).astype("float32")
    return value * keras.ops.convert_to_tensor(factors)


def _is_float(value: Any) -> bool:
    return "float" in keras.backend.standardize_dtype(value.dtype)


def _is_random(opened: keras.Model) -> bool:
    return any(
        getattr(op.layer, "seed_generator", None) is not None
        or op.kind in ("dropout", "layer", "attention", "recurrent")
        for op in Graph(opened).ops
    )


def _same_slopes(before: list[Any], after: list[Any]) -> bool:
    """Compares gradients: sums, whose order may differ, and so their rounding."""
    pairs = [(numbers(a), numbers(b)) for a, b in zip(before, after, strict=True)]
    largest = max((np.abs(a).max(initial=0.0) for a, _ in pairs), default=0.0)
    return all(
        np.abs(a - b).max(initial=0.0)
        <= SLOPE * np.abs(a).max(initial=0.0) + TOLERANCE * largest / 10
        for a, b in pairs
    )


def alike(before: list[Any], after: list[Any]) -> bool:
    """Says whether outputs are the same, but for rounding.

    Args:
        before: The outputs of a model.
        after: Those of another.
    """
    if len(before) != len(after):
        return False
    for one, other in zip(before, after, strict=True):
        if tuple(one.shape) != tuple(other.shape):
            return False
        half = "16" in keras.backend.standardize_dtype(one.dtype)
        a, b = numbers(one), numbers(other)
        if (np.isfinite(a) != np.isfinite(b)).any():
            return False
        finite = np.isfinite(a)
        scale = np.abs(a[finite]).max(initial=0.0)
        apart = np.abs(a[finite] - b[finite]).max(initial=0.0)
        if apart > (HALF if half else TOLERANCE) * scale:
            return False
    return True
