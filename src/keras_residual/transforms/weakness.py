"""What a proof does not say: values of which the inputs showed next to nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from keras_residual.transforms.trials import Trial
from keras_residual.transforms.witness import LOOP, Answer

_MOST = 0.9  # of the numbers at a bound
_CLOSE = 1e-6
_LEAST = 1e-7  # of the largest number; what is less is zero
_KNOWN = 4096  # numbers of one sample that are looked at
_AGAIN = 5  # samples, on average, that show each value of a few
_LAST_BITS = 6  # of single precision, which rounding fills


def weakness(
    tried: Sequence[tuple[Trial, Answer]],
    before: Mapping[str, str],
    compared: Collection[str],
) -> tuple[str, ...]:
    """Returns a sentence for each output that says little about its model.

    Where outputs tell enough, there is one for what a loop returned.

    Args:
        tried: What was tried, and what the model made of it.
        before: For an output that saturates, the name of what is seen before.
        compared: The names of all that was compared.
    """
    given = max(
        len(np.unique(_some(one))) for trial, _ in tried for one in trial.arrays
    )
    first, found = tried[0][1], []
    for name in first.outputs:
        what, values = f'the output "{name}"', [made.outputs[name] for _, made in tried]
        said = _endless(what, values)
        if said is None and before.get(name) not in compared:
            said = _constant(what, values) or _at_bounds(what, values)
            said = said or _few(what, values, given)
        found += [said] if said else []
    for name in first.inside:
        if not found and name.startswith(LOOP):
            values = [made.inside[name] for _, made in tried if name in made.inside]
            what = f'what "{name.removeprefix(LOOP)}" returned'
            found += [said] if (said := _few(what, values, given)) else []
    return tuple(found)


def _endless(what: str, values: list[np.ndarray]) -> str | None:
    lost = 1 - np.isfinite(_flat(values)).mean()
    return f"{_share(lost)} of {what} was not finite" if lost > 0.5 else None


def _constant(what: str, values: list[np.ndarray]) -> str | None:
    """Says whether each sample of each batch is the same as the first of its batch."""
    many = [one for one in values if one.ndim and len(one) > 1]
    same = bool(many) and all(
        np.array_equal(one, np.broadcast_to(one[:1], one.shape), equal_nan=True)
        for one in many
    )
    return f"{what} was the same for all inputs" if same else None


def _at_bounds(what: str, values: list[np.ndarray]) -> str | None:
    flat = _flat(values)
    bound = np.abs(flat) <= _CLOSE * _size(flat)
    bound |= np.abs(np.abs(flat) - 1) < _CLOSE
    if bound.mean() < _MOST:
        return None
    words = "0 or 1" if flat.min() > -_CLOSE else "0, 1 or -1"
    return f"{_share(bound.mean())} of {what} were {words}"


def _few(what: str, values: list[np.ndarray], given: int) -> str | None:
    """Says so where samples show the same few numbers, and the inputs were many."""
    least = _LEAST * _size(_flat(values))
    rows = [
        np.unique(_numbers(row, least)) for one in values for row in np.atleast_1d(one)
    ]
    _, times = np.unique(np.concatenate(rows), return_counts=True)
    share = np.cumsum(np.sort(times)[::-1]) / times.sum()
    few = int(np.searchsorted(share, _MOST)) + 1
    if few * _AGAIN > times.sum() or few * 2 >= given:
        return None
    return f"{_share(share[few - 1])} of {what} were one of {few} numbers"


def _numbers(row: np.ndarray, least: float) -> np.ndarray:
    """Returns a code for each number, the same where only rounding tells them apart."""
    some = _some(row)
    single = np.where(np.abs(some) <= least, 0.0, some).astype("float32")
    return single.view("int32") >> _LAST_BITS


def _size(values: np.ndarray) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _some(values: np.ndarray) -> np.ndarray:
    return values.ravel()[:: -(-values.size // _KNOWN) or 1]


def _flat(values: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([one.ravel() for one in values])


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"
