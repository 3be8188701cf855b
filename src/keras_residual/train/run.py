"""What training needs from the first batch to the report, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_residual.common.extras import require
from keras_residual.compose.arguments import held
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe
from keras_residual.train.run_folder import Row

PACKAGES = ("grain", "plotly", "matplotlib", "PIL")


@dataclass(frozen=True)
class Run:
    """A finished run.

    Args:
        folder: Where its files are; None where none were written.
        recipe: What was trained, and how.
        rows: The history, one row an epoch.
        parameters: Number of weights that are trained.
        left_out: Unreadable pictures that were skipped.
        largest_class: Share of the largest class among the examples held out, which
            an accuracy is to be read against; None where the task is another.
        metric: The column of the history that the score is taken from.
    """

    folder: Path | None
    recipe: Recipe
    rows: tuple[Row, ...]
    parameters: int
    left_out: tuple[str, ...] = ()
    largest_class: float | None = None
    metric: str = "accuracy"

    def __post_init__(self) -> None:
        held(self)

    @property
    def score(self) -> float:
        """The task's metric on the held-out examples, after the last epoch.

        The accuracy, the R² of a regression, the macro F1 of a multi-label task; the
        loss of a model that came compiled.
        """
        return self._last(f"val_{self.metric}")

    @property
    def accuracy(self) -> float:
        """Share of the held-out examples that the last epoch's weights get right.

        Raises:
            InputError: The task is another than classification.
        """
        return self._last("val_accuracy")

    def _last(self, column: str) -> float:
        last = self.rows[-1] if self.rows else {}
        if column in last:
            return last[column]
        raise InputError(
            f"Run: its history has no {column}.",
            given=f"{len(self.rows)} rows of {', '.join(last) or 'nothing'}",
            needed="A score is what an epoch measured on the examples held out.",
            write="run.score, which is of the run's own task, or run.rows",
        )

    @property
    def seconds(self) -> float:
        """Time spent in epochs, those before a stop included."""
        return sum(row["seconds"] for row in self.rows)


def require_packages() -> None:
    """Refuses to begin a run whose report could not be written.

    Raises:
        PackageError: Batches, the page or its pictures need what is not installed.
    """
    require("train", "Training", *PACKAGES)
