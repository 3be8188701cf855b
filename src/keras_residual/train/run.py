"""What training hands back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_residual.train.recipe import Recipe
from keras_residual.train.run_folder import Row


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

    @property
    def score(self) -> float:
        """The task's metric on the held-out examples, after the last epoch.

        The accuracy, the R² of a regression, the macro F1 of a multi-label task; the
        loss of a model that came compiled.
        """
        return self.rows[-1][f"val_{self.metric}"]

    @property
    def accuracy(self) -> float:
        """Share of the held-out examples that the last epoch's weights get right.

        Raises:
            KeyError: The task is another than classification.
        """
        return self.rows[-1]["val_accuracy"]

    @property
    def seconds(self) -> float:
        """Time spent in epochs, those before a stop included."""
        return sum(row["seconds"] for row in self.rows)
