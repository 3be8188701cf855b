"""Shows a live line in a terminal, and one calm line an epoch anywhere else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keras_residual.common.terminal import Console
from keras_residual.train.pipeline import Counted
from keras_residual.train.tasks import said

EVERY = 0.1  # seconds between two updates of the live line


class ShowProgress(keras.callbacks.Callback):
    """Prints loss, metrics and the time left; the live line lives in a `with bar`.

    Args:
        console: Where to print.
        steps: The batches of the run.
        first_epoch: The epoch that the run begins with, from 0.
        metrics: What is shown beside the loss; None is all that is measured.
    """

    def __init__(
        self,
        console: Console,
        steps: Counted,
        first_epoch: int = 0,
        metrics: Sequence[str] | None = ("accuracy",),
    ) -> None:
        super().__init__()
        self.console = console
        self.steps = steps
        self.metrics = metrics
        self.first_epoch = first_epoch
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task(
            "train",
            total=len(steps),
            completed=first_epoch * steps.per_epoch,
            epoch=self._of(first_epoch),
            numbers="",
        )
        self.epoch = first_epoch
        self.began = self.shown = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        """Starts the clock."""
        self.began = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Names the epoch."""
        self.epoch = epoch
        self.bar.update(self.task, epoch=self._of(epoch))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Moves the live line."""
        now = time.perf_counter()
        if now - self.shown < EVERY:
            return
        self.shown = now
        self.bar.update(
            self.task,
            completed=self.epoch * self.steps.per_epoch + batch + 1,
            numbers="  ".join(self._numbers(logs or {})),
        )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Prints the epoch's line."""
        training = "   ".join(self._numbers(logs or {}))
        held_out = ", ".join(self._numbers(logs or {}, "val_"))
        done = epoch + 1 - self.first_epoch
        spent = time.perf_counter() - self.began
        left = spent / done * (self.steps.epochs - epoch - 1)
        self.bar.console.print(
            f"epoch {self._of(epoch)}   {training}   held out: {held_out}   "
            f"{clock(spent)}, {clock(left)} left",
            highlight=False,
        )

    def _numbers(self, logs: Mapping[str, Any], part: str = "") -> list[str]:
        known = (name for name in logs if name != "loss" and name[:4] != "val_")
        names = ("loss", *(known if self.metrics is None else self.metrics))
        return [said(name, float(logs[part + name])) for name in names]

    def _of(self, epoch: int) -> str:
        width = len(str(self.steps.epochs))
        return f"{epoch + 1:{width}d}/{self.steps.epochs}"


def clock(seconds: float) -> str:
    """Returns a duration as minutes and seconds.

    Args:
        seconds: The duration.

    Examples:
        >>> clock(83.4)
        '1:23'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
