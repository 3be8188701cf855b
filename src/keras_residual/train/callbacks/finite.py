"""Stops a run whose loss is no longer a number, before anything of it is saved."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_residual.train.pipeline import Counted


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
            raise FloatingPointError(
                _message(f"{place} (step {total} of the run)", loss)
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Checks the weights and the validation loss, before they are saved."""
        loss = float((logs or {}).get("val_loss", 0.0))
        place = f"the end of epoch {epoch + 1}, on the examples held out"
        if not math.isfinite(loss):
            raise FloatingPointError(_message(place, loss))


def _message(place: str, loss: float) -> str:
    return (
        f"Training stopped: the loss is not a finite number.\n"
        f"  given  loss {loss} in {place}\n"
        f"The files hold the last finished epoch; nothing of this one was saved.\n"
        f"Write:   --learning-rate with a smaller number, --out with a new folder"
    )
