"""What streams of several lanes are: how far mixing amplifies, how alike they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_residual.graph.found import Unit
from keras_residual.graph.numbers import numbers
from keras_residual.measures.column import Column, ForwardPass, Totals, quotient, signal
from keras_residual.measures.padding import Counts, counts_of, without_padding
from keras_residual.measures.unit_activations import Array, UnitActivations

MISSING = "is no unit of several lanes"


def _mixings(forward: ForwardPass) -> Iterator[tuple[int, Unit, Array, Counts]]:
    for k, values in forward.merges():
        unit = forward.units[k].unit
        if unit.form == "streams":
            layer: Any = unit.merge.layer
            given = [values[source] for source in unit.merge.sources]
            counts = counts_of(values[unit.merge.index])
            yield k, unit, numbers(layer.mixing(given)), counts


def mixings_before(forward: ForwardPass) -> Iterator[tuple[int, Array]]:
    """Shows what mixes the lanes from the start of the stream through each unit.

    Args:
        forward: The batch.
    """
    composite: dict[int, Array] = {}
    for k, unit, here, counts in _mixings(forward):
        before = composite.get(unit.entry.index)
        whole = here if before is None else here @ before
        composite[unit.merge.index] = whole
        yield k, _by_position(without_padding(whole, counts))


def mixings_behind(forward: ForwardPass) -> Iterator[tuple[int, Array]]:
    """Shows what mixes the lanes from each unit to the end of the stream.

    Args:
        forward: The batch.
    """
    composite: dict[int, Array] = {}
    for k, unit, here, counts in reversed([*_mixings(forward)]):
        behind = composite.get(unit.merge.index)
        whole = here if behind is None else behind @ here
        composite[unit.entry.index] = whole
        yield k, _by_position(without_padding(whole, counts))


def _by_position(matrices: Array) -> Array:
    return matrices.reshape(-1, *matrices.shape[-2:])


def forward_sums(matrices: Array) -> Totals:
    """Adds the largest row sums, for `E max_i |sum_j M_ij|`, `M` the composite mixing.

    By so much alike lanes are amplified at most. 1 where all mixing is doubly
    stochastic.

    Args:
        matrices: A matrix a position.

    Reference:
        Xie et al., mHC: Manifold-Constrained Hyper-Connections, 2025 (the Amax gain
        magnitude, figure 3), https://arxiv.org/abs/2512.24880.
    """
    sums = np.abs(matrices.sum(-1)).max(-1)
    return np.array([sums.sum(), sums.size])


def backward_sums(matrices: Array) -> Totals:
    """Adds the largest column sums, for `E max_j |sum_i M_ij|`.

    By so much gradients are amplified on their way back from the end of the stream.

    Args:
        matrices: A matrix a position.

    Reference:
        Xie et al., mHC: Manifold-Constrained Hyper-Connections, 2025 (the Amax gain
        magnitude, figure 3), https://arxiv.org/abs/2512.24880.
    """
    return forward_sums(np.swapaxes(matrices, -1, -2))


def similarity_sums(seen: UnitActivations) -> Totals | None:
    """Adds the cosines of pairs of lanes, for their mean over pairs and positions.

    Near 1 the lanes are copies of each other, and hold no more than one.

    Args:
        seen: The values of a unit.
    """
    if seen.paths.unit.form != "streams":
        return None
    lanes = _by_position(without_padding(seen.merged, seen.counts))
    sizes = np.linalg.norm(lanes, axis=-1, keepdims=True)
    units = lanes / np.where(sizes > 0, sizes, np.inf)
    cosines = units @ np.swapaxes(units, -1, -2)
    first, second = np.triu_indices(lanes.shape[-2], 1)
    pairs = cosines[:, first, second]
    return np.array([pairs.sum(), pairs.size]) if pairs.size else None


MIXING_FORWARD = Column(
    "mixing_forward", "mixing\nforward", mixings_before, forward_sums, quotient, MISSING
)
MIXING_BACKWARD = Column(
    "mixing_backward",
    "mixing\nbackward",
    mixings_behind,
    backward_sums,
    quotient,
    MISSING,
)
LANE_SIMILARITY = Column(
    "lane_similarity", "lanes\nalike", signal, similarity_sums, quotient, MISSING
)
