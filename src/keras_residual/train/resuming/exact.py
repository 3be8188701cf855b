"""Checkpoints for people who call `fit` themselves."""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_residual.common.files import at_home, sweep
from keras_residual.compose.arguments import Count, checked
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import versions
from keras_residual.train.resuming.callback_states import CallbackStates
from keras_residual.train.resuming.chance import reseed
from keras_residual.train.resuming.checkpoints import Checkpoints, Snapshot
from keras_residual.train.resuming.standing import (
    Row,
    find_standing,
    going_on,
    newest_step,
    restore,
    row_in_json,
    seed_in,
)
from keras_residual.train.resuming.variables import (
    arrays_of,
    sync,
    training_of,
    weights_of,
)


class ExactCheckpoint(keras.callbacks.Callback):
    """Saves all that a training is after every epoch, and goes on from there.

    Keras's own `BackupAndRestore` writes in place, and leaves out the seeds of dropout
    and what other callbacks know. Here a checkpoint is whole or not there, has a hash
    of each file, and holds weights, optimizer, seeds, history and callbacks: the
    finished training is the one that it would have been, to the last bit, if an
    epoch's batches are the same whenever it begins. So shuffle by the number of the
    epoch, in a PyDataset for example, and pass `shuffle=False`: the order that Keras
    itself draws for arrays depends on all epochs before.

    Args:
        folder: Where the checkpoints are; it is made where it is missing.
        callbacks: Other callbacks of this training whose state is kept, such as
            `EarlyStopping`. Put them before this one in `fit`, which comes last.
        keep: How many checkpoints are kept, two or more.

    Attributes:
        initial_epoch: The epoch to begin with, 0 where there is no checkpoint.

    Raises:
        InputError: No checkpoint is whole, or the newest is of another model.
        DivergedError: A weight is infinite or no number; it is not saved.
        SaveError: A checkpoint cannot be written; those before it are whole.

    Warns:
        UserWarning: A callback holds what a checkpoint cannot keep, which is named.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model.compile("adam", "mse")
        >>> x, y = np.random.rand(32, 4), np.random.rand(32, 3)
        >>> early = keras.callbacks.EarlyStopping("loss", patience=3)
        >>> exact = kr.train.ExactCheckpoint("checkpoints", callbacks=[early])
        >>> history = model.fit(x, y, epochs=2, shuffle=False, verbose=0,
        ...                     initial_epoch=exact.initial_epoch,
        ...                     callbacks=[early, exact])
        >>> kr.train.ExactCheckpoint("checkpoints").initial_epoch
        2
    """

    @checked
    def __init__(
        self, folder: str | Path, *, callbacks: Sequence[Any] = (), keep: Count = 2
    ) -> None:
        super().__init__()
        # An epoch counts as a step here: that is all that is known from outside.
        self._checkpoints = Checkpoints(at_home(folder), keep)
        self._states = CallbackStates(callbacks)
        self._rows: list[Row] = []
        self._seed = random.getrandbits(32)
        self._first = True
        self.initial_epoch = newest_step(self._checkpoints)

    def on_train_begin(self, logs: Any = None) -> None:
        self._states.begin()
        for lost in self._states.unkept():
            warnings.warn(f"{lost} is not kept in a checkpoint", stacklevel=2)
        running: Any = self.model
        sweep(self._checkpoints.folder)
        found = find_standing(self._checkpoints, running, 1, warnings.warn)
        if found is None or found.snapshot is None:
            return
        restore(self._checkpoints, running, found)
        with going_on(self._checkpoints.folder / found.snapshot.name):
            self._states.give(found.states, found.snapshot.training)
            self._seed = seed_in(found.snapshot)
        self._rows, self.initial_epoch = found.rows, found.epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._first and epoch != self.initial_epoch:
            raise InputError(
                f"Checkpoints {self._checkpoints.folder}: training begins elsewhere.",
                given=f"epoch {epoch}, and {self.initial_epoch} epochs are done",
                needed="`fit` counts epochs from what it is told to begin with.",
                write="model.fit(..., initial_epoch=exact.initial_epoch)",
            )
        self._first = False
        history = getattr(self.model, "history", None)
        if self._rows and history is not None and not history.epoch:
            history.epoch = list(range(len(self._rows)))
            names = self._rows[0].keys() - {"epoch"}
            history.history = {k: [row[k] for row in self._rows] for k in names}

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            reseed(self._seed, len(self._rows), 0)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            reseed(self._seed, len(self._rows), 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        model: Any = self.model
        sync(model)
        measured = {name: float(value) for name, value in (logs or {}).items()}
        self._rows.append({"epoch": float(epoch + 1), **measured})
        states, arrays = self._states.read()
        snapshot = Snapshot(
            step=epoch + 1,
            weights=arrays_of(weights_of(model)),
            training=arrays_of(training_of(model, metrics=False)) | arrays,
            state={
                "epoch": epoch + 1,
                "done": 0,
                "per_epoch": 1,
                "files": {},
                "rows": [row_in_json(row) for row in self._rows],
                "callbacks": states,
                "seed": self._seed,
            },
        )
        found = versions(keras.config.backend())
        self._checkpoints.save(snapshot, versions=found)
