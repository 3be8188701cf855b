import sys

import pytest
from small_data import make_pictures

from keras_residual.cli.main import main


@pytest.fixture
def pictures(tmp_path):
    return make_pictures(tmp_path / "pictures")


@pytest.fixture
def command(monkeypatch, capsys):
    """Calls the command line in this process: exit code, output, errors."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["keras-residual", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code or 0, *capsys.readouterr())

    return call
