"""How far two answers are apart, every channel in proportion to its own numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_residual.transforms.trials import Numbers, Trial
from keras_residual.transforms.witness import AT, BEFORE, MASK, SEEDS, STATE

_LEAST = 1e-9  # of a channel, in proportion to the whole sample
_ROUNDINGS = 20  # times what rounding all weights once moves a channel by
_FEW = 12  # numbers of a channel, in one sample
_MOST = 1e-4  # that rounding moves channels by, in proportion to their scale


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one output of the new model is from the old one's, on one sample.

    Args:
        output: Name of the output, or of whatever else was compared.
        inputs: The kind of input, and its shape.
        difference: Largest difference of two numbers, in the channel that is worst.
        scale: Largest number of that channel of the old output; more where rounding
            moves it by more.
        tolerance: What the difference may be in proportion to the scale.
    """

    output: str
    inputs: str
    difference: float
    scale: float
    tolerance: float

    @property
    def relative(self) -> float:
        """The difference in proportion to the scale."""
        if self.difference == 0:
            return 0.0
        return self.difference / self.scale if self.scale else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.relative <= self.tolerance  # false for NaN, too


@dataclass(frozen=True, slots=True)
class Rounding:
    """How far rounding moves one value of a model.

    Args:
        first: How far it moves each channel of the first sample.
        share: How far it moves each channel, in proportion to its scale.
        usual: How far it moves a channel, in proportion to one of usual scale.
        part: How large each channel is, in proportion to one of usual scale; at most 1.
        tolerance: The least that it is held to: who asks for less gets less.
    """

    first: np.ndarray
    share: np.ndarray
    usual: float
    part: np.ndarray
    tolerance: float

    def of(self, scale: np.ndarray, few: np.ndarray) -> np.ndarray:
        """Returns how far rounding may move each sample and channel.

        Args:
            scale: Their scales.
            few: Which of them have too few numbers, apart from zeros, to tell.
        """
        common = self.usual * np.maximum(scale, _middle(scale)[:, None] * self.part)
        own = np.maximum(self.share * scale, self.first)
        untold = few | (self.share == 0)
        return _ROUNDINGS * np.maximum(own, np.where(untold, common, 0.0))


@dataclass(frozen=True, slots=True)
class Bar:
    """What a difference is held to.

    Args:
        tolerance: What it may be in proportion to the scale.
        axis: The axis of the channels, each of which has its scale; None for one scale
            for the whole sample.
        rounding: Tells of a name what rounding does; it is asked where a channel is too
            far apart for its own scale.
    """

    tolerance: float
    axis: int | None = None
    rounding: Callable[[str], Rounding | None] | None = None


def compare(trial: Trial, old: Numbers, new: Numbers, bar: Bar) -> list[Difference]:
    """Compares what two models made of the same batch, sample by sample.

    The scale of a channel is its largest number, and at least that in the first sample:
    where an output vanishes, a difference is measured by what it is elsewhere. Of a
    sample of zeros the scale is that of all channels: sums of equal numbers are rounded
    the same way every time.

    Args:
        trial: What both were called on.
        old: The outputs of the old model.
        new: The outputs of the new one, of the same names or at least in that order.
        bar: What a difference is held to.
    """
    found = []
    for (name, before), after in zip(old.items(), new.values(), strict=True):
        found += _compared(trial, name, (before, after), bar)
    return found


def _compared(
    trial: Trial, name: str, pair: tuple[np.ndarray, np.ndarray], bar: Bar
) -> list[Difference]:
    before, after = pair
    rows = len(trial.kinds)
    if before.shape != after.shape:
        rows, before, after = (
            1,
            before.reshape(1, -1),
            np.full((1, before.size), np.inf),
        )
    elif before.ndim == 0 or len(before) != rows:
        rows, before, after = 1, before[None], after[None]  # of the whole batch
    apart = _split(_apart(before, after), bar.axis).max(axis=2, initial=0.0)
    scale = _scale(_size(before, bar.axis), split=bar.axis is not None)
    for row, kind in zip(scale, trial.kinds, strict=False):
        if kind == "zeros":
            row[:] = row.max(initial=0.0)
    if bar.rounding is not None and not (apart <= bar.tolerance * scale).all():
        rounding = bar.rounding(name)
        if rounding is not None and rounding.share.shape == scale.shape[1:]:
            usual = max(bar.tolerance, rounding.tolerance)
            few = np.count_nonzero(_split(before, bar.axis), axis=2) < _FEW
            scale = np.maximum(scale, rounding.of(scale, few) / usual)
    return [
        _worst(name, f"{kind} {trial.shapes}", apart[row], scale[row], bar.tolerance)
        for row, kind in zip(range(rows), trial.kinds, strict=False)
    ]


def parts_of(made: Sequence[np.ndarray], axis: int) -> np.ndarray:
    """Returns how large each channel is, in proportion to one of usual size.

    It is 1 where it is more, and of channels that all samples tell too little of.

    Args:
        made: What a model made of several batches.
        axis: The axis of the channels.
    """
    largest, told = 0.0, 0
    for one in made:
        size = _size(one, axis)
        usual = np.broadcast_to(_middle(size)[:, None], size.shape)
        part = np.divide(size, usual, out=np.zeros_like(size), where=usual > 0)
        largest = np.maximum(largest, part.max(axis=0, initial=0.0))
        told += np.count_nonzero(_split(one, axis), axis=(0, 2))
    return np.where(told < _FEW, 1.0, np.minimum(largest, 1.0))


def rounding_of(
    old: np.ndarray, near: np.ndarray, part: np.ndarray, axis: int, tolerance: float
) -> Rounding:
    """Returns what rounding does, from what a model made with all weights rounded.

    By chance a sample is hardly moved, or has a channel in which almost all cancels
    out: a channel is taken from the middle sample, and what is usual from all of them.

    Args:
        old: What a model made of some samples.
        near: What it made of them with all weights rounded.
        part: How large each channel is, as `parts_of` tells.
        axis: The axis of the channels.
        tolerance: What the model is usually held to.
    """
    moved = _size(_apart(old, near), axis)
    scale = _scale(_size(old, axis), split=True)
    shares = np.divide(moved, scale, out=np.zeros_like(moved), where=scale > 0)
    usual = float(np.sqrt(np.mean(_middle(shares) ** 2)))
    share = np.quantile(shares, 0.5, axis=0, method="higher")
    first = moved[0]
    most = max(_MOST, tolerance)
    if np.quantile(share, 0.25, method="lower") > most:  # it jumps: no rounding
        first = np.minimum(first, most * scale[0])
        share = np.minimum(share, most)
        usual = min(usual, most)
    return Rounding(first, share, usual, part, tolerance)


def _middle(values: np.ndarray) -> np.ndarray:
    """Returns what a quarter of the channels exceed: a rectifier ends half of them."""
    return np.quantile(values, 0.75, axis=1, method="lower")


def _worst(
    name: str, inputs: str, apart: np.ndarray, scale: np.ndarray, tolerance: float
) -> Difference:
    if not apart.size:
        return Difference(name, inputs, 0.0, 0.0, tolerance)
    with np.errstate(divide="ignore", invalid="ignore"):
        worst = int(np.where(apart == 0, 0.0, apart / scale).argmax())
    return Difference(name, inputs, float(apart[worst]), float(scale[worst]), tolerance)


def _scale(size: np.ndarray, *, split: bool) -> np.ndarray:
    own = np.maximum(size, size[:1])
    if not (split and own.size):
        return own
    return np.maximum(own, _LEAST * own.max(axis=1, keepdims=True))


def _size(values: np.ndarray, axis: int | None) -> np.ndarray:
    """Returns the largest finite number of each sample and channel."""
    size = np.abs(_split(values, axis))
    return np.where(np.isfinite(size), size, 0.0).max(axis=2, initial=0.0)


def _split(values: np.ndarray, axis: int | None) -> np.ndarray:
    """Returns an array of three axes: samples, channels and all else."""
    if axis is None or values.ndim < 2:
        return values.reshape(len(values), 1, -1)
    at = axis if -values.ndim < axis < values.ndim else -1
    values = np.moveaxis(values, at, 1)
    return values.reshape(*values.shape[:2], -1)


def _apart(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Returns the differences; numbers that are not finite must be the same."""
    same = (old == new) | (np.isnan(old) & np.isnan(new))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(new - old))
    return np.nan_to_num(apart, nan=np.inf, posinf=np.inf)


def paired(
    old: Numbers, new: Numbers, merges: Collection[str], losses: Collection[str]
) -> tuple[Numbers, Numbers]:
    """Pairs what two models showed inside; what only one showed is as good as nothing.

    No mask is one that keeps every step, and no loss is zero.

    Args:
        old: What the old model showed.
        new: What the new one did.
        merges: The merges that both have under one path.
        losses: Which losses both should have.
    """
    before, after = {}, {}
    for name in dict.fromkeys([*old, *new]):
        one, other = old.get(name), new.get(name)
        if name.startswith(BEFORE) or name.removeprefix(AT) in merges:
            if one is None or other is None or one.shape != other.shape:
                continue  # the other model has no such place
        elif name.startswith(MASK):
            one, other = _or_else(1.0, one, other)
        elif name in losses or name.startswith(STATE):
            one, other = _or_else(0.0, one, other)
        elif name == SEEDS:
            one, other = _seeds(one, other)
        else:
            continue
        before[name], after[name] = one, other
    return before, after


def _or_else(value: float, one: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    if one is None:
        one = np.full_like(other, value)
    return one, np.full_like(one, value) if other is None else other


def _seeds(one: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    """Compares the seeds that were drawn from; a layer that goes takes its own."""
    old, new = (np.zeros((0, 2)) if each is None else each for each in (one, other))
    kept = Counter(map(tuple, new)) <= Counter(map(tuple, old))
    return (new, new) if kept else (old, new)
