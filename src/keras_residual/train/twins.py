"""One run of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KINDS: dict[str, dict[str, Any]] = {"residual": {}, "plain": {"shortcut": "none"}}


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A network of a comparison, after its last epoch.

    Args:
        depth: Number of layers.
        kind: "residual" or "plain".
        seed: The run's seed.
        accuracy: Share of the examples held out that are named right.
        training_loss: Mean loss over the last epoch's steps.
        parameters: Number of trained weights.
        seconds: Time in epochs.
    """

    depth: int
    kind: str
    seed: int
    accuracy: float
    training_loss: float
    parameters: int
    seconds: float
