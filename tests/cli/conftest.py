import sys

import numpy as np
import pytest
from small_data import make_pictures

from keras_residual.cli.main import main


@pytest.fixture
def pictures(tmp_path):
    return make_pictures(tmp_path / "pictures")


@pytest.fixture
def data(tmp_path):
    """A file of 40 pictures of noise in two classes."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    path = tmp_path / "data.npz"
    np.savez(path, x=pictures, y=np.arange(40) % 2)
    return path


@pytest.fixture
def command(monkeypatch, capsys):
    """Calls the command line in this process: exit code, output, errors."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["keras-residual", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code or 0, *capsys.readouterr())

    return call
