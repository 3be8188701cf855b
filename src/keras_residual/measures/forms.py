"""The forms in which people give data, read as Keras's `fit` reads them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import KindError, ResidualError

FORMS = (
    "x, [x1, x2], {name: x}, (x, y) or (x, y, weights); or batches of these from\n"
    "a PyDataset, tf.data, grain, a PyTorch DataLoader or any iterable"
)
MOST = 2**12  # batches of what does not tell how many there are
# A list of arrays is no list of batches: it is a value for each of several inputs.
FIRST_HUNDRED = (
    "list(itertools.islice(data, 100)), for a hundred batches (x, y); or\n"
    "         np.concatenate(list(itertools.islice(data, 100))), for those of x alone"
)
ENDLESS = 2**40  # batches; of what repeats itself, grain says 2**63 / batch_size


@dataclass(frozen=True)
class Part:
    """One batch as it was given, NumPy arrays and tensors of the backend in it.

    Args:
        values: An array, or a structure of arrays.
        labels: Likewise; None where there are none.
        weights: Of the examples; None where there are none.
    """

    values: Any
    labels: Any = None
    weights: Any = None


def parts(
    data: Any, size: int, *, inputs: int = 1, nested: bool = False
) -> Iterator[Part]:
    """Yields data batch by batch.

    A tuple is `(x, y, weights)`, or the first of these. So is a list, if it is a batch
    of an iterable, as PyTorch's loaders make them; but for a model of several inputs a
    list of as many arrays is a value for each.

    Args:
        data: An array or a structure of them; a `keras.utils.PyDataset`; or an iterable
            of batches.
        size: Examples in a batch that is cut from arrays.
        inputs: How many inputs the model has.
        nested: Whether its first input is a structure itself, as in `[[a, b], c]`.

    Raises:
        KindError: The data is none of these.
        ResidualError: It never ends, or its arrays differ in length.
    """
    if _is_arrays(data, nested):
        for piece in _cut(data, size):
            yield _part(piece if isinstance(data, tuple) else (piece,))
        return
    for batch in _given(data):
        arrays = isinstance(batch, list) and not any(map(_nests, batch))
        alone = arrays and len(batch) == inputs > 1
        pair = isinstance(batch, list | tuple) and not alone
        yield _part(tuple(batch) if pair else (batch,))


def count(data: Any, size: int) -> int | None:
    """Returns how many batches there will be, where that is known.

    Args:
        data: As `parts` takes it.
        size: Examples in a batch that is cut from arrays.
    """
    if _is_arrays(data):
        return -(-_lengths(data)[0] // size)
    return _said(data)


def _given(data: Any) -> Iterable[Any]:
    """Returns what yields the batches."""
    if _endless(data):
        raise ResidualError(
            "Data: it never ends.",
            given=f"{type(data).__name__}, which repeats itself or has no length",
            needed="All of it is looked at, so it has to have an end.",
            write=FIRST_HUNDRED,
        )
    if isinstance(data, keras.utils.PyDataset):
        return (data[index] for index in range(data.num_batches or 0))
    # No tuple holds batches, so here are lists of numbers in it.
    no_batches = str | bytes | tuple | keras.KerasTensor
    single = getattr(data, "shape", None) == ()
    if isinstance(data, Iterable) and not (single or isinstance(data, no_batches)):
        return _to_its_end(data)
    write = "x, an array of examples"
    if isinstance(data, tuple):
        write = "(np.asarray(x), np.asarray(y))"
    elif hasattr(data, "__getitem__") and not (single or isinstance(data, no_batches)):
        write = "torch.utils.data.DataLoader(data, 64), or another that makes batches"
    raise KindError(
        "Data: this is no data.",
        given=f"{type(data).__name__}: {data!r:.60}",
        needed=f"Data is {FORMS}.",
        write=write,
    )


def _to_its_end(data: Iterable[Any]) -> Iterator[Any]:
    """Yields as many batches as there are said to be, and never for ever."""
    said = _said(data)
    if said is not None:
        yield from itertools.islice(data, said)
        return
    for number, batch in enumerate(data):
        if number == MOST:
            raise ResidualError(
                "Data: it does not tell how many batches it has.",
                given=f"{type(data).__name__}, of more than {MOST} batches",
                needed="So it may never end. What has a __len__ is read so far; "
                "tf.data.experimental.assert_cardinality gives one.",
                write=FIRST_HUNDRED,
            )
        yield batch


def _said(data: Any) -> int | None:
    try:
        return len(data)
    except (TypeError, NotImplementedError):
        return None


def _endless(data: Any) -> bool:
    if isinstance(data, keras.utils.PyDataset):
        return data.num_batches is None
    cardinality = getattr(data, "cardinality", None)  # tf.data says -1
    if callable(cardinality):
        return int(cardinality()) == -1  # type: ignore[call-overload]
    try:
        return len(data) > ENDLESS
    except OverflowError:
        return True
    except TypeError:  # then grain knows what it is made of
        made_of = getattr(data, "parents", None) or [getattr(data, "_dataset", None)]
        return any(one is not None and _endless(one) for one in made_of)


def _part(given: tuple) -> Part:
    if not 1 <= len(given) <= 3:
        raise ResidualError(
            "Data: a batch is read as values, labels and weights.",
            given=f"a batch of {len(given)} parts",
            needed="Values for several inputs stand in one list or dict.",
            write="([x1, x2], y)",
        )
    return Part(*(keras.tree.map_structure(native, part) for part in given))


def native(leaf: Any) -> Any:
    """Makes what another framework made an array; the backend's own stays.

    Args:
        leaf: An array or a tensor of any framework, or None.
    """
    if leaf is None or keras.ops.is_tensor(leaf):
        return leaf
    for move in ("detach", "cpu"):  # of PyTorch
        leaf = getattr(leaf, move, lambda same=leaf: same)()
    return np.asarray(leaf)


def plain(leaf: Any) -> NDArray:
    """Returns what any framework made as an array of NumPy.

    Args:
        leaf: An array or a tensor.
    """
    return np.asarray(keras.ops.convert_to_numpy(native(leaf)))


def _cut(data: Any, size: int) -> Iterator[Any]:
    lengths = _lengths(data)
    if len(set(lengths)) > 1:
        raise ResidualError(
            "Data: its arrays are not of one length.",
            given=f"{', '.join(map(str, lengths))} examples",
            needed="The first axis of each array is the examples.",
            write="(x, y), with as many rows in both",
        )
    for start in range(0, lengths[0], size):
        yield keras.tree.map_structure(
            lambda leaf, a=start: None if leaf is None else leaf[a : a + size], data
        )


def _lengths(data: Any) -> list[int]:
    return [int(x.shape[0]) for x in keras.tree.flatten(data) if x is not None]


def _is_arrays(data: Any, nested: bool = False) -> bool:
    first = data[0] if isinstance(data, list) and data else None
    if isinstance(first, tuple) or (_nests(first) and not nested):
        return False  # a list of batches
    flat = keras.tree.flatten(data) if _nests(data) else [data]
    return any(leaf is not None for leaf in flat) and all(
        _is_array(leaf) for leaf in flat if leaf is not None
    )


def _nests(given: Any) -> bool:
    return isinstance(given, list | tuple | dict)


def _is_array(leaf: Any) -> bool:
    shaped = bool(getattr(leaf, "shape", ())) and hasattr(leaf, "__getitem__")
    return shaped and not isinstance(leaf, keras.KerasTensor)
