"""One run of a comparison."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

KINDS: dict[str, dict[str, Any]] = {"residual": {}, "plain": {"shortcut": "none"}}


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A network of a comparison, after its last epoch.

    Args:
        depth: Number of layers.
        kind: "residual" or "plain".
        seed: The run's seed.
        score: The task's metric on the examples held out: accuracy, R² or macro F1.
        training_loss: Mean loss over the last epoch's steps.
        parameters: Number of trained weights.
        seconds: Time in epochs.
    """

    depth: int
    kind: str
    seed: int
    score: float
    training_loss: float
    parameters: int
    seconds: float

    def row(self, metric: str) -> dict[str, Any]:
        """Returns the values by name, the score under that of its metric.

        Args:
            metric: "accuracy", "r2" or "f1".
        """
        return {
            metric if name == "score" else name: value
            for name, value in asdict(self).items()
        }
