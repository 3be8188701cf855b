"""Writes `history.csv`, a row an epoch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import keras

from keras_residual.train.run_folder import COLUMNS, Row, RunFolder


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
