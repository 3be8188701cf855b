"""Saves a run while `fit` goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras

from keras_residual.common.errors import ForeignError
from keras_residual.train.recipe import versions
from keras_residual.train.resuming.callback_states import CallbackStates
from keras_residual.train.resuming.chance import chance_of, give_chance
from keras_residual.train.resuming.checkpoints import Checkpoints, Snapshot, named
from keras_residual.train.resuming.mending import saved_as
from keras_residual.train.resuming.place import Place
from keras_residual.train.resuming.rows import Row, row_in_json, row_of
from keras_residual.train.resuming.standing import Standing, going_on
from keras_residual.train.resuming.stopping import Wishes
from keras_residual.train.resuming.variables import (
    arrays_of,
    give_metrics,
    sync,
    training_of,
    weights_of,
)


class SaveRun(keras.callbacks.Callback):
    """Writes a checkpoint after every epoch, every few steps, and before an end.

    Put it last: what others did of a step or an epoch is part of it.

    Args:
        checkpoints: Where they go.
        place: The first of the callbacks.
        standing: Where the run stands; its rows grow while the run goes on.
        wishes: Who asks for an end.
        others: The callbacks before it.
        kept: Those of them whose state is kept.
        every: Steps between two checkpoints within an epoch; none by default.
        score: The column whose best epoch is kept; of a loss the lowest.
        files: Files beside the checkpoints, whose hashes are noted after an epoch.
        validate: Measures the examples held out as `fit` does; it is given callbacks.
    """

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        checkpoints: Checkpoints,
        place: Place,
        standing: Standing,
        wishes: Wishes,
        *,
        others: Sequence[keras.callbacks.Callback],
        kept: Sequence[Any] = (),
        every: int | None = None,
        score: str = "val_loss",
        files: Sequence[Path] = (),
        validate: Callable[[list[Any]], Row] | None = None,
    ) -> None:
        super().__init__()
        self.checkpoints = checkpoints
        self.place = place
        self.standing = standing
        self.wishes = wishes
        self.others = others
        self.states = CallbackStates(kept)
        self.every = every
        self.score = score
        self.files = files
        self.validate = validate
        self._saved = place.step

    def on_train_begin(self, logs: Any = None) -> None:
        """Goes on where the run was left; all callbacks have begun by now."""
        self.states.begin()
        found = self.standing.snapshot
        if found is not None:
            with going_on(self.checkpoints.folder / found.name):
                self.states.give(self.standing.states, found.training)
        self._end_if_asked()
        if self.standing.logs is not None and self.validate is not None:
            judged = row_of(self.validate([self.place, self]))
            self._end_epoch(self.standing.logs, judged)

    def _end_epoch(self, trained: Row, judged: Row) -> None:
        """Ends an epoch of which only the validation was left."""
        found, epoch = self.standing.snapshot, self.standing.epoch
        if found is not None and not _of_one_epoch(self._running, trained, judged):
            with going_on(self.checkpoints.folder / found.name):
                raise ForeignError("its epoch measured something else")
        logs = trained | {f"val_{name}": value for name, value in judged.items()}
        for callback in (*self.others, self):
            callback.on_epoch_end(epoch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Gives the metrics their sums, where the run goes on within the epoch."""
        self.standing.epoch, self.standing.logs = epoch, None
        found = self.standing.snapshot
        if found is not None and self.place.done:
            with going_on(self.checkpoints.folder / found.name):
                give_metrics(self._running, found.training)
        self._end_if_asked()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Gives chance its state, where the run goes on within the epoch."""
        found = self.standing.snapshot
        if found is not None and self.place.done:
            # Not before: to make a loader of data draws, too.
            with going_on(self.checkpoints.folder / found.name):
                give_chance(found.training)
        self.standing.snapshot = None  # its memory is free from here on

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Saves where it is time to, and before the end that was asked for."""
        step, last = self.place.step, self.place.done == self.place.per_epoch
        if last:
            sync(self._running)
            self.standing.logs = _measured(self._running, logs)
        due = self.every and step // self.every > self._saved // self.every
        if self.wishes.asked or (due and not last):
            self.save()
            self._end_if_asked()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Saves within the validation, before the end that was asked for."""
        if self.wishes.asked and self.standing.logs is not None:
            self.save()
            self._end_if_asked()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves the epoch."""
        place, standing = self.place, self.standing
        place.epoch, place.done = epoch + 1, 0
        standing.epoch, standing.logs = epoch + 1, None
        standing.files = {path.name: saved_as(path) for path in self.files}
        score, rows = self.score, standing.rows
        sign = -1 if score.endswith("loss") else 1
        values = [sign * row[score] for row in rows if score in row]
        if values and all(values[-1] > before for before in values[:-1]):
            standing.best = named(place.step)
        self.save()
        self._end_if_asked()

    def save(self) -> Path:
        """Writes a checkpoint of what is done, and returns its folder."""
        model, place, standing = self._running, self.place, self.standing
        sync(model)
        states, arrays = self.states.read()
        within = 0 < place.done < place.per_epoch
        training = arrays_of(training_of(model, metrics=within)) | arrays
        snapshot = Snapshot(
            step=place.step,
            weights=arrays_of(weights_of(model)),
            training=training | (chance_of() if within else {}),
            state={
                "epoch": place.epoch,
                "done": place.done,
                "per_epoch": place.per_epoch,
                "best": standing.best,
                "files": standing.files,
                "logs": standing.logs and row_in_json(standing.logs),
                "rows": [row_in_json(row) for row in standing.rows],
                "callbacks": states,
            },
            validated=place.done < place.per_epoch,
        )
        folder = self.checkpoints.save(
            snapshot, versions=versions(keras.config.backend()), best=standing.best
        )
        self._saved = place.step
        return folder

    def _end_if_asked(self) -> None:
        if self.wishes.asked:
            self.wishes.grant()

    @property
    def _running(self) -> Any:
        return self.model


def _of_one_epoch(model: Any, trained: Row, judged: Row) -> bool:
    """Says whether training measured what the validation did; its own step, less."""
    theirs: Any = keras.Model
    own = type(model).train_step is not theirs.train_step
    return trained.keys() == judged.keys() or (own and trained.keys() <= judged.keys())


def _measured(model: Any, logs: Any) -> Row:
    """Returns what an epoch measured, as `fit` is about to say it."""
    found = model.get_metrics_result()
    found = found if found.keys() == (logs or {}).keys() else logs
    return row_of(found)
