"""Checkpoints for people who call `fit` themselves."""

from __future__ import annotations

import random
import warnings
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_residual._keras import skip_to
from keras_residual.common.files import at_home, let_go, locked, staging, sweep
from keras_residual.compose.arguments import Count, checked
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import versions
from keras_residual.train.resuming.callback_states import CallbackStates
from keras_residual.train.resuming.chance import reseed
from keras_residual.train.resuming.checkpoints import Checkpoints, Snapshot
from keras_residual.train.resuming.rows import Row, logs_of, row_in_json, row_of
from keras_residual.train.resuming.standing import (
    find_standing,
    going_on,
    newest_step,
    restore,
    seed_in,
)
from keras_residual.train.resuming.variables import (
    arrays_of,
    sync,
    training_of,
    weights_of,
)

_HELD: dict[str, Any] = {}  # folders that this process trains in; a call lets go


class ExactCheckpoint(keras.callbacks.Callback):
    """Saves all that a training is after every epoch, and goes on from there.

    Keras's own `BackupAndRestore` writes in place, and leaves out the seeds of dropout
    and what other callbacks know. Here a checkpoint is whole or not there, has a hash
    of each file, and holds weights, optimizer, seeds, history and callbacks: the
    finished training is the one that it would have been, to the last bit, if an
    epoch's batches are the same whenever it begins. So shuffle by the number of the
    epoch, in a PyDataset for example that counts on from `initial_epoch`, and pass
    `shuffle=False`: the order that Keras itself draws for arrays depends on all epochs
    before. A training that `EarlyStopping` has ended is not gone on with.

    Args:
        folder: Where the checkpoints are; it is made as training begins.
        callbacks: Other callbacks of this training whose state is kept, such as
            `EarlyStopping`. `fit` gets them before this one, which comes last.
        keep: How many checkpoints are kept, two or more.

    Attributes:
        initial_epoch: The epoch to begin with, 0 where there is no checkpoint.

    Raises:
        InputError: No checkpoint is whole, or the newest is of another model; `fit`
            begins with another epoch, or has one of the callbacks after this one;
            nothing can be written to the folder, or another process trains there.
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
        self._told: set[str] = set()
        self._later: list[Any] = []
        self.initial_epoch = newest_step(self._checkpoints)

    def set_params(self, params: Any) -> None:
        super().set_params(params)
        # Keras tells callbacks in the order in which it will call them.
        others = self._states.callbacks
        self._later = [one for one in others if not _was_told(one, params)]

    def on_train_begin(self, logs: Any = None) -> None:
        self._refuse_later()
        self._make_folder()
        self._hold_folder()
        self._first = True
        self._states.begin()
        self._tell_unkept()
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
        if any(_has_ended(one, found.epoch) for one in self._states.callbacks):
            params: Any = self.params
            skip_to(running, params["epochs"])

    def _make_folder(self) -> None:
        folder = self._checkpoints.folder
        try:  # now, and not when the first epoch is done
            folder.mkdir(parents=True, exist_ok=True)
            with staging(folder):
                pass
        except (OSError, ValueError) as error:  # a name with a zero in it is no name
            raise InputError(
                f"Checkpoints {folder}: nothing can be written there.",
                given=f"{type(error).__name__}: {error!s:.200}",
                needed="Checkpoints are written to a folder with the right to write.",
                write='ExactCheckpoint("checkpoints"), in a folder of yours',
            ) from error

    def _hold_folder(self) -> None:
        folder = self._checkpoints.folder
        self._let_go()  # a `fit` of this process that was interrupted held it still
        try:
            _HELD[str(folder.resolve())] = weakref.finalize(
                self, let_go, locked(folder)
            )
        except BlockingIOError as error:
            raise InputError(
                f"Checkpoints {folder}: another process trains here.",
                given=f"ExactCheckpoint({str(folder)!r})",
                needed="One process at a time writes to a folder of checkpoints.",
                write=f"ExactCheckpoint('{folder}-2'), or wait until that process has "
                "ended",
            ) from error

    def _let_go(self) -> None:
        if held := _HELD.pop(str(self._checkpoints.folder.resolve()), None):
            held()

    def _refuse_later(self) -> None:
        later = [one for one in self._later if _was_told(one, self.params)]
        if later:
            names = ", ".join(type(one).__name__ for one in later)
            raise InputError(
                f"Checkpoints {self._checkpoints.folder}: a callback comes too late.",
                given=f"{names} after ExactCheckpoint in `fit`",
                needed="What a callback makes of an epoch is there before it is saved.",
                write="model.fit(..., callbacks=[..., exact]), with exact as the last",
            )

    def _tell_unkept(self) -> None:
        for lost in self._states.unkept():
            if lost not in self._told:
                warnings.warn(f"{lost} is not kept in a checkpoint", stacklevel=2)
        self._told.update(self._states.unkept())

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._first and epoch != self.initial_epoch:
            raise InputError(
                f"Checkpoints {self._checkpoints.folder}: training begins elsewhere.",
                given=f"epoch {epoch}, and {self.initial_epoch} epochs are done",
                needed="`fit` counts epochs from what it is told to begin with.",
                write="model.fit(..., initial_epoch=exact.initial_epoch)",
            )
        self._first = False
        self._give_history()

    def on_train_end(self, logs: Any = None) -> None:
        self._let_go()
        self._give_history()
        skip_to(self.model, None)

    def _give_history(self) -> None:
        history = getattr(self.model, "history", None)
        if not self._rows or history is None or history.epoch:
            return
        history.epoch = list(range(len(self._rows)))
        history.history = {}
        for row in self._rows:
            for name, value in logs_of(row).items():
                if name != "epoch":
                    history.history.setdefault(name, []).append(value)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            reseed(self._seed, len(self._rows), 0)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            reseed(self._seed, len(self._rows), 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        model: Any = self.model
        sync(model)
        self._rows.append({"epoch": float(epoch + 1), **row_of(logs)})
        self._tell_unkept()
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
        self.initial_epoch = epoch + 1


def _was_told(callback: Any, params: Any) -> bool:
    return getattr(callback, "params", None) is params


def _has_ended(callback: Any, epochs: int) -> bool:
    """Says whether a callback has ended the training after so many epochs."""
    return (
        isinstance(callback, keras.callbacks.EarlyStopping)
        and callback.stopped_epoch + 1 == epochs > 1
        and callback.wait >= callback.patience
    )
