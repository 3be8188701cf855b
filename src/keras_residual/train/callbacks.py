"""What is done while `fit` runs: files, the live line, and a stop in time."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keras_residual.common.errors import ForeignError
from keras_residual.common.terminal import Console
from keras_residual.train.finite import DivergedError, diverged, not_finite
from keras_residual.train.pipeline import Counted
from keras_residual.train.resuming.place import Place
from keras_residual.train.resuming.rows import row_of
from keras_residual.train.resuming.variables import (
    arrays_of,
    as_ended,
    sync,
    training_of,
    weights_of,
)
from keras_residual.train.run_folder import COLUMNS, Row, RunFolder
from keras_residual.train.tasks import said


class ModelFiles(keras.callbacks.Callback):
    """Saves `model.keras` after every epoch and `best.weights.h5` after a better one.

    They are what people use. A run goes on from its checkpoints. Where the optimizer
    averages weights, `model.keras` has the averages, as the model has after `fit`.

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
        """Saves the files of an epoch."""
        score = self.sign * float((logs or {})[self.score])
        if score > self.best:
            self.best = score
            with self.folder.replacing(self.folder.best) as partial:
                self.network.save_weights(partial)
        running: Any = self.model
        with self.folder.replacing(self.folder.model) as partial, as_ended(running):
            self.network.save(partial)


class StopWhenNotFinite(keras.callbacks.Callback):
    """Raises `DivergedError` in the step in which the loss is not finite.

    Put it before callbacks that save, so that no file ever holds a spoilt weight.

    Args:
        place: Knows the step at hand, for the message.
    """

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Checks the loss of a step."""
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            place = self.place
            raise self._diverged(
                f"epoch {place.epoch + 1}, step {place.done} of {place.per_epoch} "
                f"(step {place.step} of the run)",
                loss,
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Checks the loss on the examples held out and all weights, before they go."""
        loss = float((logs or {}).get("val_loss", 0.0))
        place = f"the end of epoch {epoch + 1} (step {self.place.step} of the run)"
        if not math.isfinite(loss) or self._spoilt():
            raise self._diverged(place, loss)

    def _diverged(self, place: str, loss: float) -> DivergedError:
        lost = [] if math.isfinite(loss) else [f"the loss is {loss}"]
        if spoilt := self._spoilt():
            lost.append(f"{spoilt} is not finite")
        return diverged(place, ", ".join(lost))

    def _spoilt(self) -> str | None:
        running: Any = self.model
        sync(running)
        training = training_of(running, metrics=False)
        return not_finite(arrays_of(weights_of(running) | training))


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
        self.began = time.perf_counter()
        self._before = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the clock."""
        self.began, self._before = time.perf_counter() - self._before, 0.0

    def get_state(self) -> dict[str, float]:
        """Returns the seconds that the epoch at hand has taken."""
        return {"seconds": time.perf_counter() - self.began}

    def set_state(self, state: dict[str, Any]) -> None:
        """Counts seconds of before the run was stopped."""
        seconds = float(state.get("seconds") or 0.0)
        if not 0 <= seconds < math.inf:
            raise ForeignError(f"an epoch of {seconds} seconds")
        self._before = seconds

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Adds a row, with the learning rate of the epoch's last step."""
        row = row_of(logs)
        measured = sorted(
            row, key=lambda name: (name[:4] == "val_", "loss" not in name)
        )
        columns = self.columns or ("epoch", *measured, "learning_rate", "seconds")
        row["epoch"] = epoch + 1
        row["learning_rate"] = float(self.network.optimizer.learning_rate)
        row["seconds"] = time.perf_counter() - self.began + self._before
        self._before, self.began = 0.0, time.perf_counter()
        self.rows.append({name: row[name] for name in columns})
        if self.folder is not None:
            self.folder.write_history(self.rows)


EVERY = 0.1  # seconds between two updates of the live line


class ShowProgress(keras.callbacks.Callback):
    """Prints loss, metrics and the time left; the live line lives in a `with bar`.

    Args:
        console: Where to print.
        steps: The batches of the run.
        first_step: The step that the run begins with, from 0.
        metrics: What is shown beside the loss; None is all that is measured.
    """

    def __init__(
        self,
        console: Console,
        steps: Counted,
        first_step: int = 0,
        metrics: Sequence[str] | None = ("accuracy",),
    ) -> None:
        super().__init__()
        self.console = console
        self.steps = steps
        self.metrics = metrics
        self.first_epoch, self.skipped = divmod(first_step, steps.per_epoch)
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
            completed=first_step,
            epoch=self._of(self.first_epoch),
            numbers="",
        )
        self.epoch = self.first_epoch
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
        before = self.skipped if self.epoch == self.first_epoch else 0
        self.bar.update(
            self.task,
            completed=self.epoch * self.steps.per_epoch + before + batch + 1,
            numbers="  ".join(self._numbers(logs or {})),
        )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Prints the epoch's line."""
        training = "   ".join(self._numbers(logs or {}))
        held_out = ", ".join(self._numbers(logs or {}, "val_"))
        done = max(1, epoch + 1 - self.first_epoch)  # one may be validated alone
        spent = time.perf_counter() - self.began
        left = spent / done * (self.steps.epochs - epoch - 1)
        self.bar.console.print(
            f"epoch {self._of(epoch)}   {training}   held out: {held_out}   "
            f"{clock(spent)}, {clock(left)} left",
            highlight=False,
        )

    def _numbers(self, logs: Mapping[str, Any], part: str = "") -> list[str]:
        known = (
            name
            for name, value in logs.items()
            if name != "loss" and name[:4] != "val_" and not np.ndim(value)
        )
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
