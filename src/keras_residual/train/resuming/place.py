"""Which step of a run is at hand, also where the run goes on within an epoch."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.train.resuming.chance import reseed


class Place(keras.callbacks.Callback):
    """Counts the steps of a run; put it first among the callbacks.

    Where a run goes on within an epoch, Keras counts the steps of that epoch from 0
    again, and would take as many as of any other. Here they are counted on, and the
    epoch ends where it would have ended.

    Args:
        per_epoch: Steps of an epoch.
        epoch: The epoch that is gone on with, from 0.
        done: Its steps that are done.
        seed: What chance in an epoch is a function of; see `chance.py`.
    """

    def __init__(
        self, per_epoch: int, epoch: int = 0, done: int = 0, *, seed: int = 0
    ) -> None:
        super().__init__()
        self.seed = seed
        self.per_epoch = per_epoch
        self.epoch = epoch
        self.done = self._before = done
        self._ends = False

    @property
    def step(self) -> int:
        """The steps of the run that are done."""
        return self.epoch * self.per_epoch + self.done

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begins an epoch, the first one where it was left."""
        here = self.epoch == epoch and 0 < self._before < self.per_epoch
        self._before = self._before if here else 0
        self.epoch, self.done = epoch, self._before

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Lets the chance of an epoch's training begin."""
        if batch == 0:
            reseed(self.seed, self.epoch, 0)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Lets the chance of an epoch's validation begin."""
        if batch == 0:
            reseed(self.seed, self.epoch, 1)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Counts a step; Keras numbers the last one of those that it takes at once."""
        self.done = min(self._before + batch + 1, self.per_epoch)
        if self._before and self.done == self.per_epoch:
            self._ends = not self._running.stop_training
            self._running.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Lets the next epoch begin."""
        if self._ends:
            self._running.stop_training = self._ends = False
        self._before = 0

    @property
    def _running(self) -> Any:
        return self.model
