"""Saves the last epoch and the best one."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_residual.train.run_folder import Row, RunFolder


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
