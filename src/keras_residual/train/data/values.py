"""Numbers as a network takes them: bytes, or float32 that lost nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import listed
from keras_residual.train.data.dataset import all_chunks, chunks
from keras_residual.train.data.layout import KINDS
from keras_residual.train.mistake import InputError

LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.finfo(np.float32).tiny)
MOVED = 0.01  # of a range: what rounding may take
RANKS = (
    "Values are (n, features), (n, steps, channels), (n, height, width, channels), "
    "(n, depth, height, width, channels), or grey pictures (n, height, width)."
)
ADVICE = {
    "c": "np.stack([x.real, x.imag], axis=-1)",
    "O": "np.stack(list_of_arrays_of_one_shape)",
    "M": "(x - x.min()) / np.timedelta64(1, 'D')",
    "m": "x / np.timedelta64(1, 's')",
}


def check_array(name: str, values: NDArray) -> None:
    """Refuses an array that holds no examples of numbers.

    Args:
        name: What the data is called in messages.
        values: Any array.

    Raises:
        InputError: Not numbers, another rank, or no examples.
    """
    if values.dtype.kind not in "biuf":
        raise InputError(
            f"Data {name}: the values are not numbers.",
            given=f"dtype {values.dtype}",
            needed="Values are integers, floats or booleans.",
            write=ADVICE.get(values.dtype.kind, "x.astype('float32')"),
        )
    if values.ndim in KINDS and not len(values):
        raise InputError(
            f"Data {name}: there are no examples.",
            given=f"values of shape {values.shape}",
            needed="A network learns from some examples and is judged on others.",
            write="data with examples; where it has no test part, a share is held out",
        )
    if values.ndim not in KINDS or 0 in values.shape:
        raise InputError(
            f"Data {name}: the shape does not fit.",
            given=f"values of shape {values.shape}, {values.dtype}",
            needed=RANKS,
            write="x.reshape(len(x), -1) for a table, x[..., None] for grey pictures",
        )


def to_network(name: str, values: NDArray) -> NDArray:
    """Returns bytes as they are, and other numbers as float32.

    What is mapped from a file stays there, and is converted a batch at a time.

    Args:
        name: What the data is called in messages.
        values: Numbers with their channels last.

    Raises:
        InputError: A value is not finite, or float32 cannot hold it.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f" and not all_chunks(
        values, lambda piece: np.isfinite(piece).all()
    ):
        _refuse_non_finite(name, values)
    if values.dtype.itemsize >= 4:
        _check_float32(name, values)
    return values if isinstance(values, np.memmap) else values.astype(np.float32)


FAR = 20  # times as large as others: such values are in another unit


def mean_size(values: NDArray) -> float:
    """Returns how far values are from 0 in the mean.

    Args:
        values: Finite numbers.
    """
    sizes = (np.abs(piece.astype(np.float64)).mean() for piece in chunks(values))
    return float(np.mean(list(sizes)))


def refuse_flat(
    name: str, values: NDArray, columns: Sequence[str] | None = None
) -> None:
    """Refuses examples to learn from that are all the same, or are so to a network.

    Args:
        name: What the data is called in messages.
        values: The examples, before `to_network`, their channels last.
        columns: What each column is called. By its number by default.

    Raises:
        InputError: No example differs from the first, or float32 rounds away what
            differs.
    """
    first = np.asarray(values[:1])
    if len(values) > 1 and all_chunks(values, lambda piece: (piece == first).all()):
        raise InputError(
            f"Data {name}: all examples are the same.",
            given=f"{len(values)} examples with values from {first.min():.6g} to "
            f"{first.max():.6g}, not one of which changes",
            needed="A network can only tell apart what differs.",
            write="--data with the values that were measured",
        )
    refuse_rounded(name, values, columns)


def refuse_rounded(
    name: str,
    values: NDArray,
    columns: Sequence[str] | None = None,
    *,
    write: str = "x - x.min(axis=0)",
) -> None:
    """Refuses numbers that differ by so little that float32 does not hold it.

    Args:
        name: What the data is called in messages.
        values: Examples or targets in their own precision, their channels last.
        columns: What each column is called. By its number by default.
        write: How to say the difference from the smallest value.

    Raises:
        InputError: A value is moved by more than a hundredth of its column's range.
    """
    if values.dtype.itemsize < 4:
        return
    width = values.shape[-1]
    least, most = np.full(width, np.inf), np.full(width, -np.inf)
    moved = np.zeros(width)
    # Of whole numbers float64 rounds those beyond 2**53.
    exact = np.longdouble if values.dtype.kind in "iu" else np.float64
    for piece in chunks(values):
        flat = piece.reshape(-1, width).astype(exact)
        least, most = np.minimum(least, flat.min(0)), np.maximum(most, flat.max(0))
        single = flat.astype(np.float32)
        single[np.abs(single) < SMALLEST] = 0  # as a processor does
        moved = np.maximum(moved, np.abs(flat - single).max(0))
    lost = np.flatnonzero((moved > MOVED * (most - least)) & (most > least))
    if len(lost):
        at = int(lost[0])
        which = f"column or channel {at}" if columns is None else repr(columns[at])
        ranges = [f"{which} from {least[at]:.17g} to {most[at]:.17g}", *lost[1:]]
        raise InputError(
            f"Data {name}: float32 cannot tell the values apart.",
            given=listed(ranges, 1),
            needed="A network computes in float32, whose numbers lie a ten-millionth "
            "of their size apart; values differ by a hundred times that.",
            write=f"{write}, the difference from the smallest; or another unit",
        )


def _refuse_non_finite(name: str, values: NDArray) -> None:
    flat = [np.isfinite(piece).reshape(len(piece), -1) for piece in chunks(values)]
    bad = ~np.concatenate([piece.all(axis=1) for piece in flat])
    first = int(np.flatnonzero(bad)[0])
    at = ", ".join(map(str, np.argwhere(~np.isfinite(values[first]))[0]))
    place = f"number {first}, at x[{first}, {at}]" if at else f"number {first}"
    raise InputError(
        f"Data {name}: a value is not a finite number.",
        given=f"{int(bad.sum())} of {len(values)} examples, first {place}",
        needed="Every value is finite: one NaN spoils all weights within a step.",
        write="x = np.nan_to_num(x), or leave those examples out",
    )


def _check_float32(name: str, values: NDArray) -> None:
    """Refuses what float32 would make infinite or zero."""
    largest = max(float(np.abs(piece).max()) for piece in chunks(values))
    if largest > LARGEST or 0 < largest < SMALLEST:
        raise InputError(
            f"Data {name}: the values do not fit into float32.",
            given=f"the largest is {largest:.3g}",
            needed=f"Sizes are between {SMALLEST:.0e} and {LARGEST:.0e}.",
            write="x / abs(x).max(), another unit",
        )
