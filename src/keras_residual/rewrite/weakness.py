"""What a proof does not say: outputs of which the inputs showed next to nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from keras_residual.rewrite.trials import Trial
from keras_residual.rewrite.witness import Answer

_MOST = 0.9  # of the numbers at a bound
_CLOSE = 1e-6


def weakness(
    tried: Sequence[tuple[Trial, Answer]],
    before: Mapping[str, str],
    compared: Collection[str],
) -> tuple[str, ...]:
    """Returns a sentence for each output that says little about its model.

    Args:
        tried: What was tried, and what the model made of it.
        before: For an output that saturates, the name of what is seen before.
        compared: The names of all that was compared.
    """
    found = []
    for name in tried[0][1].outputs:
        values = [answer.outputs[name] for _, answer in tried]
        seen = before.get(name) in compared
        if said := _said(name, values, seen=seen):
            found.append(said)
    return tuple(found)


def _said(name: str, values: list[np.ndarray], *, seen: bool) -> str | None:
    flat = np.concatenate([one.ravel() for one in values])
    lost = 1 - np.isfinite(flat).mean()
    if lost > 0.5:
        return f'{_share(lost)} of the output "{name}" was not finite'
    if seen:
        return None
    if _constant(values):
        return f'the output "{name}" was the same for all inputs'
    bound = (np.abs(flat) < _CLOSE) | (np.abs(np.abs(flat) - 1) < _CLOSE)
    if bound.mean() >= _MOST:
        words = "0 or 1" if flat.min() > -_CLOSE else "0, 1 or -1"
        return f'{_share(bound.mean())} of the output "{name}" were {words}'
    return None


def _constant(values: list[np.ndarray]) -> bool:
    """Says whether each sample of each batch is the same as the first of its batch."""
    many = [one for one in values if one.ndim and len(one) > 1]
    return bool(many) and all(
        np.array_equal(one, np.broadcast_to(one[:1], one.shape), equal_nan=True)
        for one in many
    )


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"
