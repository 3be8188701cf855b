"""What the branch is to the stream: its size and direction, and what it turns."""

from __future__ import annotations

import numpy as np

from keras_residual.measures.column import Column, Totals, quotient, signal
from keras_residual.measures.unit_activations import UnitActivations


def ratio_sums(seen: UnitActivations) -> Totals | None:
    """Adds the norms of branch and shortcut, for `ratio = E‖F‖ / E‖x‖`.

    The norm is taken over all values of an example, the mean over examples. `x` is what
    the shortcut brings to the merge, so it has the shape of the branch where the unit
    changes shape. Below 0.001 the unit does next to nothing; above 1 the branch
    dominates.

    Args:
        seen: The values of a unit.

    Reference:
        De & Smith, Batch Normalization Biases Residual Blocks Towards the Identity
        Function, 2020, section 2, https://arxiv.org/abs/2002.10444.
    """
    change, carried = seen.change, seen.carried
    if change is None or carried is None:
        return None
    norms = [np.linalg.norm(seen.by_example(v), axis=1) for v in (change, carried)]
    return np.array([norm.sum() for norm in norms])


def cosine_sums(seen: UnitActivations) -> Totals | None:
    """Adds the cosines of branch and shortcut, for `cosine = E <F, x> / (‖F‖ ‖x‖)`.

    One vector an example. Far below zero the branch cancels what the shortcut carries.
    Examples in which a path is all zeros have no cosine and are left out.

    Args:
        seen: The values of a unit.
    """
    change, carried = seen.change, seen.carried
    if change is None or carried is None or change.shape != carried.shape:
        return None
    return cosines(seen.by_example(change), seen.by_example(carried))


def cosines(a: np.ndarray, b: np.ndarray) -> Totals:
    """Adds the cosines of rows, and how many there are.

    Args:
        a: Rows.
        b: As many rows, as long.
    """
    sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    defined = sizes > 0
    dots = (a * b).sum(1)[defined] / sizes[defined]
    return np.array([dots.sum(), defined.sum()])


def negative_sums(seen: UnitActivations) -> Totals | None:
    """Adds the negative values of the branch, for their share among all.

    Near zero the branch ends in a ReLU or its like, and the stream can only grow.

    Args:
        seen: The values of a unit.

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016, section 4.1,
        https://arxiv.org/abs/1603.05027.
    """
    if seen.change is None:
        return None
    change = seen.by_position(seen.change)
    return np.array([(change < 0).sum(), change.size])


_NO_SHORTCUT = "is not defined where no path is the shortcut"

RATIO = Column(
    "ratio",
    "branch\n/ stream",
    signal,
    ratio_sums,
    quotient,
    missing=_NO_SHORTCUT,
    default=True,
)
COSINE = Column(
    "cosine",
    "cosine",
    signal,
    cosine_sums,
    quotient,
    missing="needs two paths of one shape, neither of them all zeros",
    default=True,
)
NEGATIVE = Column(
    "negative",
    "branch\n< 0",
    signal,
    negative_sums,
    quotient,
    missing=_NO_SHORTCUT,
    default=True,
)


def influence_sums(seen: UnitActivations) -> Totals | None:
    """Adds cosines of the stream before and after, for `influence = 1 - E cos(x, y)`.

    One vector a position, of its channels: the block influence of ShortGPT. `x` is what
    the shortcut brings to the merge, `y` what leaves it. Near zero the unit hardly
    turns the stream; that it can be taken out is for the lesion to confirm.

    Args:
        seen: The values of a unit.

    Reference:
        Men et al., ShortGPT: Layers in Large Language Models are More Redundant Than
        You Expect, 2024, equation 1, https://arxiv.org/abs/2403.03853.
    """
    carried = seen.carried
    if carried is None or carried.shape != seen.merged.shape:
        return None
    return cosines(seen.by_position(carried), seen.by_position(seen.merged))


INFLUENCE = Column(
    "influence",
    "influence",
    signal,
    influence_sums,
    lambda totals: 1 - quotient(totals),
    missing="needs a shortcut of the shape of the merged stream, not all zeros",
    default=True,
)
