"""What a comparison found: its networks, and what the skip is worth at a depth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from keras_residual.compose.arguments import checked, held
from keras_residual.train.mistake import InputError


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
        mae: Mean absolute error of a regression on the examples held out, in the
            target's own units; None where the task is another.
    """

    depth: int
    kind: str
    seed: int
    score: float
    training_loss: float
    parameters: int
    seconds: float
    mae: float | None = None

    def row(self, metric: str) -> dict[str, Any]:
        """Returns the values by name, the score under that of its metric.

        Args:
            metric: "accuracy", "r2" or "f1".
        """
        return {
            metric if name == "score" else name: value
            for name, value in asdict(self).items()
            if value is not None
        }


@dataclass(frozen=True)
class Worth:
    """What residual networks of a depth score above their twins, seed by seed.

    Args:
        differences: One a seed.
    """

    differences: tuple[float, ...]

    def said(self, digits: str) -> str:
        """Returns their mean; of several, with the lowest and the highest.

        Args:
            digits: How a number is written, such as ".3f".

        Examples:
            >>> Worth((0.25, -0.125)).said(".3f")
            '+0.062 [-0.125, +0.250]'
        """
        lowest, highest = min(self.differences), max(self.differences)
        said = f"{mean(self.differences):+{digits}}"
        if len(self.differences) == 1:
            return said
        return f"{said} [{lowest:+{digits}}, {highest:+{digits}}]"


@dataclass(frozen=True)
class Comparison:
    """Residual networks and their plain twins, trained by one recipe.

    Args:
        folder: Where the tables, the picture and the runs are.
        twins: A row a run.
        metric: What their score is: "accuracy", "r2" or "f1".
    """

    folder: Path
    twins: tuple[Twin, ...]
    metric: str = "accuracy"

    def __post_init__(self) -> None:
        held(self)

    @checked
    def score(self, depth: int, kind: str) -> float:
        """Returns the mean score over the seeds.

        Args:
            depth: Number of layers.
            kind: "residual" or "plain".

        Raises:
            InputError: There is no such network in it.
        """
        return self.mean(depth, kind)

    @property
    def depths(self) -> list[int]:
        """The depths that were compared."""
        return sorted({twin.depth for twin in self.twins})

    @property
    def seeds(self) -> list[int]:
        """The seeds that each was trained from."""
        return sorted({twin.seed for twin in self.twins})

    @property
    def caution(self) -> str:
        """What one seed cannot say; nothing where there are several."""
        if len(self.seeds) > 1:
            return ""
        return (
            "One seed: a difference may be chance, and is not yet what the skip is "
            "worth. Several seeds show how far it spreads: --seeds 0,1,2"
        )

    def mean(self, depth: int, kind: str, value: str = "score") -> float:
        """Returns the mean over the seeds of a twin's score, or of another value."""
        return mean(self.values(depth, kind, value).values())

    def worth(self, depth: int, value: str = "score") -> Worth:
        """Returns what residual networks have above their twins of the same seed."""
        plain = self.values(depth, "plain", value)
        found = self.values(depth, "residual", value).items()
        return Worth(tuple(one - plain[seed] for seed, one in found))

    def values(self, depth: int, kind: str, value: str = "score") -> dict[int, float]:
        """Returns a value of the twins of a depth and a kind, by seed."""
        of = [twin for twin in self.twins if (twin.depth, twin.kind) == (depth, kind)]
        if of:
            return {twin.seed: getattr(twin, value) for twin in of}
        there = dict.fromkeys(f"{twin.depth}, {twin.kind!r}" for twin in self.twins)
        raise InputError(
            "Comparison: there is no such network in it.",
            given=f"depth={depth!r}, kind={kind!r}",
            needed="A score is of a network that was trained.",
            write=" or ".join(f"score({one})" for one in there) or "compare(...) first",
        )
