"""What is done while `fit` runs: files, the live line, and a stop in time."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keras_residual.common.terminal import Console
from keras_residual.train.finite import diverged
from keras_residual.train.pipeline import Counted
from keras_residual.train.run_folder import COLUMNS, Row, RunFolder
from keras_residual.train.tasks import said


class Checkpoint(keras.callbacks.Callback):
    """Saves `model.keras` after every epoch and `best.weights.h5` after a better one.

    Keras's own callbacks write in place: a kill while they save leaves no readable
    file. Here the new file takes the old one's place in one step.

    Args:
        network: What is saved.
        folder: Where the files are.
        rows: The history; what was best before a run was stopped stays best.
        score: The column that says which epoch is better: of a loss the lowest, of any
            other the highest.
    """

    def __init__(
        self,
        network: keras.Model,
        folder: RunFolder,
        rows: list[Row],
        score: str = "val_accuracy",
    ) -> None:
        super().__init__()
        self.network = network
        self.folder = folder
        self.score = score
        self.sign = -1 if score.endswith("loss") else 1
        self.best = max((self.sign * row[score] for row in rows), default=-math.inf)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves, best weights first: `model.keras` is what says an epoch is done."""
        score = self.sign * float((logs or {})[self.score])
        if score > self.best:
            self.best = score
            with self.folder.replacing(self.folder.best) as partial:
                self.network.save_weights(partial)
        with self.folder.replacing(self.folder.model) as partial:
            self.network.save(partial)


class StopWhenNotFinite(keras.callbacks.Callback):
    """Raises `FloatingPointError` in the step in which the loss is not finite.

    Put it before callbacks that save, so that no file ever holds a spoilt weight.

    Args:
        steps: The batches of the run, for the step's number in the message.
    """

    def __init__(self, steps: Counted) -> None:
        super().__init__()
        self.steps = steps
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remembers the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Checks the loss of a step."""
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            place = (
                f"epoch {self.epoch + 1}, step {batch + 1} of {self.steps.per_epoch}"
            )
            total = self.epoch * self.steps.per_epoch + batch + 1
            raise diverged(f"{place} (step {total} of the run)", f"the loss is {loss}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Checks the weights and the validation loss, before they are saved."""
        loss = float((logs or {}).get("val_loss", 0.0))
        place = f"the end of epoch {epoch + 1}, on the examples held out"
        if not math.isfinite(loss):
            raise diverged(place, f"the loss is {loss}")


class HistoryFile(keras.callbacks.Callback):
    """Keeps the rows of a run and writes them after every epoch.

    Args:
        network: What is trained.
        folder: Where `history.csv` is; None writes none.
        rows: The rows of the epochs that were finished before.
        columns: What a row holds, in this order; None is all that is measured.
    """

    def __init__(
        self,
        network: keras.Model,
        folder: RunFolder | None,
        rows: list[Row],
        columns: Sequence[str] | None = COLUMNS,
    ) -> None:
        super().__init__()
        self.network = network
        self.folder = folder
        self.rows = rows
        self.columns = columns
        self.began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the clock."""
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Adds a row, with the learning rate of the epoch's last step."""
        row = {name: float(value) for name, value in (logs or {}).items()}
        measured = sorted(
            row, key=lambda name: (name[:4] == "val_", "loss" not in name)
        )
        columns = self.columns or ("epoch", *measured, "learning_rate", "seconds")
        row["epoch"] = epoch + 1
        row["learning_rate"] = float(self.network.optimizer.learning_rate)
        row["seconds"] = time.perf_counter() - self.began
        self.rows.append({name: row[name] for name in columns})
        if self.folder is not None:
            self.folder.write_history(self.rows)


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
