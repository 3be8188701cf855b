"""How far a unit turns the stream."""

from __future__ import annotations

from keras_residual.measures.balance import cosines
from keras_residual.measures.column import Column, Totals, quotient
from keras_residual.measures.forward_pass import signal
from keras_residual.measures.unit_activations import UnitActivations


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
