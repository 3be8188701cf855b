"""A process still takes signals after it has written and tried files."""

import os
import signal

from forked import fork

import keras_residual as kr
from keras_residual.files.export import to_openvino

from .zoo import MODELS, needs


def caught() -> int:
    """Returns what a copy of this process ends with that takes a signal."""
    number = fork()
    if not number:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
        signal.raise_signal(signal.SIGTERM)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def test_a_signal_is_taken_whichever_file_is_let_go_first(tmp_path):
    needs(".xml")
    model = MODELS["basic"]()
    path = kr.export(model, tmp_path / "model.xml").path
    first, second = (to_openvino.read(path, model) for _ in range(2))
    del first
    del second
    assert caught() == 7
