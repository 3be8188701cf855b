"""Which axis of an array is what; a guess is said, and one that could ruin is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data.dataset import Kind, all_chunks
from keras_residual.train.mistake import InputError

KINDS: dict[int, Kind] = {2: "table", 3: "sequence", 4: "picture", 5: "volume"}
RANKS = {
    "table": (2, 3, 4, 5),
    "sequence": (2, 3),
    "grey": (3, 4),
    "channels_last": (3, 4, 5),
    "channels_first": (3, 4, 5),
}
COLOURS = (1, 2, 3, 4)  # channels that a picture has, as a rule
SMALL = 8  # pixels: hardly a picture has fewer in height or width


@dataclass(frozen=True)
class Layout:
    """How the axes of an array are read.

    Args:
        word: A key of `RANKS`.
        note: What is said of it, where it was a guess.
        still: Whether places have a meaning, so that nothing is mirrored or shifted.
    """

    word: str
    note: str = ""
    still: bool = False

    def apply(self, values: NDArray) -> NDArray:
        """Returns the same values with their channels last, a view."""
        if self.word == "table":
            return values.reshape(len(values), -1)
        if self.word == "grey" or (self.word == "sequence" and values.ndim == 2):
            return values[..., None]
        if self.word == "channels_first":
            return np.moveaxis(values, 1, -1)
        return values


def find_layout(name: str, values: NDArray, word: str | None) -> Layout:
    """Says how the axes of an array are to be read.

    Args:
        name: What the data is called in messages.
        values: Numbers of rank 2 to 5.
        word: What the user says. What the values look like by default.

    Raises:
        InputError: The word does not fit the rank, or the array could be two things.
    """
    if word is not None:
        _check_word(name, values, word)
        return Layout(word)
    guess: Callable[[str, NDArray], Layout] = {
        2: lambda *_: Layout("table"),
        3: _of_rank_3,
        4: _of_rank_4,
        5: _of_rank_5,
    }[values.ndim]
    return guess(name, values)


def hold_still(layout: Layout, values: NDArray) -> Layout:
    """Says of one-hot pictures, such as letters along an axis, not to augment them.

    Args:
        layout: How the axes are read.
        values: The values with their channels last.
    """
    axes = range(1, values.ndim)
    if values.ndim != 4 or not any(_one_hot(values, axis) for axis in axes):
        return layout
    said = "one-hot values are neither mirrored nor shifted (--augment)"
    note = f"{layout.note}; {said}" if layout.note else said
    return replace(layout, note=note, still=True)


def _of_rank_3(name: str, values: NDArray) -> Layout:
    _, rows, columns = values.shape
    if _one_hot(values, -1):
        return Layout("sequence", "one-hot values are sequences, not pictures")
    if _one_hot(values, 1):
        return Layout(
            "channels_first", "one-hot values are sequences; their channels came first"
        )
    if _like_shades(values):
        return _of_shades(name, values)
    if rows == columns >= SMALL:
        _ask(name, values, "grey", "sequence")
    first = rows <= 4 and columns >= 4 * rows
    if first or (rows <= 16 and columns >= max(8 * rows, 64)):
        _ask(name, values, "sequence", "channels_first")
    return _sequence(values)


def _sequence(values: NDArray) -> Layout:
    others = "grey or channels_first" if values.shape[1] < values.shape[2] else "grey"
    said = f"values of three axes are sequences (--layout {others} if not)"
    return Layout("sequence", said)


def _of_shades(name: str, values: NDArray) -> Layout:
    _, rows, columns = values.shape
    least, most = sorted((rows, columns))
    if values.dtype != np.uint8 and least < SMALL and least != most:
        return _sequence(values)
    narrow = least <= 4 and most >= 4 * least
    if narrow or (values.dtype != np.uint8 and least != most):
        _ask(name, values, "grey", "sequence")
    return Layout(
        "grey", "values of three axes are grey pictures (--layout sequence if not)"
    )


def _like_shades(values: NDArray) -> bool:
    """Whether values are those of pictures: bytes, flags, or numbers from 0 to 1."""
    if values.dtype == np.uint8 or values.dtype.kind == "b":
        return True
    if min(values.shape[1:]) < SMALL:
        return False
    return all_chunks(
        values, lambda v: (v >= 0).all() and (v <= 1).all()
    ) or all_chunks(
        values,
        lambda v: (v >= 0).all() and (v <= 255).all() and (v == np.round(v)).all(),
    )


def _one_hot(values: NDArray, axis: int) -> bool:
    if values.shape[axis] < 2:
        return False
    # A padded step holds no 1 at all.
    return all_chunks(
        values,
        lambda v: (
            np.isin(v, (0, 1)).all()
            and (v.sum(axis=axis, dtype=np.float64) <= 1).all()
            and v.any(axis=axis).mean() > 0.5
        ),
    )


def _of_rank_4(name: str, values: NDArray) -> Layout:
    _, first, second, last = values.shape
    if last in COLOURS:
        if first in COLOURS and second > 4:
            _ask(name, values, "channels_last", "channels_first")
        return Layout("channels_last")
    if first in COLOURS:
        return Layout(
            "channels_first",
            f"the channels came first, as in PyTorch ({first} of {second} x {last}), "
            "and were moved last",
        )
    if second == last or first < last != second != first:
        _ask(name, values, "channels_last", "channels_first", "grey")
    return Layout("channels_last")


def _of_rank_5(name: str, values: NDArray) -> Layout:
    first, *middle, last = values.shape[1:]
    if first in COLOURS and last not in COLOURS:
        return Layout("channels_first", "the channels came first, and were moved last")
    both = first in COLOURS and min(middle) > max(COLOURS)
    if both or (last not in COLOURS and last in middle):
        _ask(name, values, "channels_last", "channels_first")
    return Layout("channels_last")


def _ask(name: str, values: NDArray, *layouts: str) -> None:
    raise InputError(
        f"Data {name}: it is not clear which axis is what.",
        given=f"values of shape {values.shape}, {values.dtype}",
        needed=f"They could be {' or '.join(MEANS[word] for word in layouts)}.",
        write=" or ".join(f"--layout {word}" for word in layouts),
    )


MEANS = {
    "table": "rows of features",
    "sequence": "sequences, (n, steps, channels)",
    "grey": "grey pictures or volumes, without an axis for the channel",
    "channels_last": "pictures, (n, height, width, channels)",
    "channels_first": "channels first, (n, channels, ...)",
}


def _check_word(name: str, values: NDArray, word: str) -> None:
    if values.ndim not in RANKS.get(word, ()):
        fit = [one for one, ranks in RANKS.items() if values.ndim in ranks]
        raise InputError(
            f"Data {name}: the layout does not fit the array.",
            given=f"layout={word!r}, values of shape {values.shape}",
            needed=f"An array of {values.ndim} axes is laid out as {', '.join(fit)}.",
            write=f"values that are {MEANS[word]}",
            switch=f"--layout {fit[0]}",
        )
