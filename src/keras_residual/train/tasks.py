"""The three tasks in words: what is counted in each epoch, and which number decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """How a task's answers are counted.

    Args:
        metrics: Columns of the history, for training and, with `val_`, for the
            examples held out.
        score: The metric that says which of two epochs is better. More is better, and
            1 is perfect.
    """

    metrics: tuple[str, ...]
    score: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `history.csv`, in their order."""
        held_out = (f"val_{name}" for name in ("loss", *self.metrics))
        training = ("epoch", "loss", *self.metrics)
        return (*training, *held_out, "learning_rate", "seconds")


TASKS = {
    "classification": Task(("accuracy",), "accuracy"),
    "regression": Task(("mae", "r2"), "r2"),
    "multilabel": Task(("f1", "exact"), "f1"),
}
TITLES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "mae": "MAE",
    "r2": "R²",
    "f1": "macro F1",
    "exact": "all labels right",
}


def task_of(name: str | None) -> Task:
    """Returns a task by its name.

    Args:
        name: "classification", "regression" or "multilabel"; None is the first.

    Examples:
        >>> task_of("regression").columns[:4]
        ('epoch', 'loss', 'mae', 'r2')
    """
    return TASKS[name or "classification"]


def score_of(name: str | None) -> str:
    """Returns the metric that decides: the loss where no task is known.

    Args:
        name: The name of a task, or None.
    """
    return TASKS[name].score if name else "loss"


def said(metric: str, value: float) -> str:
    """Returns a metric as it is printed.

    Args:
        metric: A column of the history.
        value: Its value. A mean absolute error is in the data's own units, of any size.

    Examples:
        >>> said("accuracy", 0.75), said("mae", 1234567.0)
        ('accuracy 0.750', 'MAE 1.235e+06')
    """
    digits = ".4g" if metric == "mae" else ".3f"
    return f"{TITLES.get(metric, metric)} {value:{digits}}"
