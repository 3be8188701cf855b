"""How the signal grows with depth: channel means and variances."""

from __future__ import annotations

import numpy as np

from keras_residual.measures.column import Column, Totals, signal
from keras_residual.measures.unit_activations import Array, UnitActivations


def channel_sums(rows: Array) -> Totals:
    """Returns the count, the sums and the sums of squares of channels, one after other.

    Args:
        rows: A row a position, a column a channel.
    """
    return np.concatenate([[len(rows)], rows.sum(0), np.square(rows).sum(0)])


def squared_mean(totals: Totals) -> float:
    """Returns the mean over channels of the squared channel mean.

    `mean_c (mean_nhw x)²`: near zero where activations are centred.

    Args:
        totals: What `channel_sums` returned, summed over batches.

    Reference:
        Brock et al., Characterizing signal propagation to close the performance gap in
        unnormalized ResNets, 2021, section 3, https://arxiv.org/abs/2101.08692.
    """
    mean, _ = _moments(totals)
    return float(np.square(mean).mean())


def variance(totals: Totals) -> float:
    """Returns the mean over channels of the channel variance.

    `mean_c Var_nhw x`. In a network whose branches are normalised, the stream's grows
    by about one a unit, and starts anew where a stage begins.

    Args:
        totals: What `channel_sums` returned, summed over batches.

    Reference:
        Brock et al., Characterizing signal propagation to close the performance gap in
        unnormalized ResNets, 2021, section 3, https://arxiv.org/abs/2101.08692.
    """
    mean, square = _moments(totals)
    return float(np.maximum(square - np.square(mean), 0.0).mean())


def _moments(totals: Totals) -> tuple[Array, Array]:
    mean, square = np.split(totals[1:], 2)
    return mean / totals[0], square / totals[0]


def _stream(seen: UnitActivations) -> Totals:
    return channel_sums(seen.by_position(seen.merged))


def _branch(seen: UnitActivations) -> Totals | None:
    change = seen.change
    return None if change is None else channel_sums(seen.by_position(change))


_NO_SHORTCUT = "is not defined where no path is the shortcut"

STREAM_MEAN = Column(
    "stream_squared_mean", "stream\nmean²", signal, _stream, squared_mean
)
STREAM_VARIANCE = Column(
    "stream_variance", "stream\nvariance", signal, _stream, variance, default=True
)
BRANCH_MEAN = Column(
    "branch_squared_mean",
    "branch\nmean²",
    signal,
    _branch,
    squared_mean,
    missing=_NO_SHORTCUT,
)
BRANCH_VARIANCE = Column(
    "branch_variance",
    "branch\nvariance",
    signal,
    _branch,
    variance,
    missing=_NO_SHORTCUT,
    default=True,
)
