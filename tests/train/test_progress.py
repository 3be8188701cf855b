import io

import numpy as np
import pytest
from rich.console import Console

from keras_residual.train.callbacks import ShowProgress, clock
from keras_residual.train.data import ArraySource
from keras_residual.train.pipeline import Steps

LOGS = {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.625, "val_accuracy": 0.5}


def shown(*, terminal: bool) -> str:
    """Returns what three epochs of four steps print."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=110)
    source = ArraySource(np.zeros((8, 1)), np.zeros(8, np.int32))
    steps = Steps(source, batch_size=2, epochs=3, seed=0)
    progress = ShowProgress(console, steps)
    with progress.bar:
        progress.on_train_begin()
        for epoch in range(3):
            progress.on_epoch_begin(epoch)
            for batch in range(4):
                progress.shown = 0.0
                progress.on_train_batch_end(batch, LOGS)
                progress.bar.refresh()
            progress.on_epoch_end(epoch, LOGS)
    return file.getvalue()


def test_a_file_gets_one_line_an_epoch_and_no_control_codes():
    lines = shown(terminal=False).splitlines()
    assert len(lines) == 3
    assert "\x1b" not in "".join(lines)
    assert lines[0].startswith("epoch 1/3   loss 0.500   accuracy 0.750   held out:")
    assert lines[2].endswith("0:00 left")


def test_a_terminal_gets_a_live_line_with_loss_and_accuracy():
    output = shown(terminal=True)
    assert "\x1b[" in output
    assert "loss 0.500  accuracy 0.750" in output
    assert output.count("held out:") == 3


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3_725, "62:05")]
)
def test_a_duration_is_minutes_and_seconds(seconds, text):
    assert clock(seconds) == text
