"""Gates and scales: how far the network opens its own branches."""

from __future__ import annotations

import keras
import numpy as np

from keras_residual.graph.graph import Op
from keras_residual.graph.numbers import numbers
from keras_residual.measures.column import Column, Totals, quotient, signal
from keras_residual.measures.padding import without_padding
from keras_residual.measures.unit_activations import UnitActivations


def scale_of(path: tuple[Op, ...]) -> float | None:
    """Returns the mean size of the last scale on a path; None where there is none.

    Args:
        path: The operations of a branch, in order.
    """
    for op in reversed(path):
        if op.kind != "scale":
            continue
        weights = getattr(op.layer, "weights", ())
        if weights and not isinstance(op.layer, keras.layers.Normalization):
            return float(np.abs(numbers(weights[0].value)).mean())
        if isinstance(op.layer, keras.layers.Rescaling):
            return float(np.abs(op.layer.scale).mean())
    return None


def gate_sums(seen: UnitActivations) -> Totals | None:
    """Adds the sizes of gates, for their mean over all values: `E |g|`.

    The transform gate of a Highway layer, the excitation of a squeeze-and-excitation
    branch; of several gates in one unit, the mean over all their values.

    Args:
        seen: The values of a unit.

    Reference:
        Srivastava et al., Training Very Deep Networks, 2015, section 3.2,
        https://arxiv.org/abs/1507.06228.
    """
    sizes = [np.abs(without_padding(gate, seen.counts)) for gate in seen.gates]
    if not sizes:
        return None
    return np.array([sum(g.sum() for g in sizes), sum(g.size for g in sizes)])


def scale_sums(seen: UnitActivations) -> Totals | None:
    """Adds the mean size of the last scale on the branch: `mean |gamma|`.

    ReZero's and SkipInit's number, LayerScale's numbers, a fixed factor. They do not
    depend on the data.

    Args:
        seen: The values of a unit.

    Reference:
        Touvron et al., Going deeper with Image Transformers, 2021, section 2,
        https://arxiv.org/abs/2103.17239.
    """
    for path in seen.paths.unit.branches:
        if (size := scale_of(path)) is not None:
            return np.array([size, 1.0])
    return None


GATE = Column(
    "gate", "gate", signal, gate_sums, quotient, missing="has no sigmoid gate"
)
SCALE = Column(
    "scale", "scale", signal, scale_sums, quotient, missing="has no scale in its branch"
)
