"""What is out of reach is said in a message."""

import pytest

from keras_residual.cli import main
from keras_residual.common.errors import ResidualError


def test_a_place_that_cannot_be_written_is_named(monkeypatch, capsys):
    def full():
        raise OSError(28, "No space left on device", "out.keras")

    monkeypatch.setattr(main, "app", full)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert "No space left on device: 'out.keras'" in capsys.readouterr().err


def test_an_error_says_which_option_to_write(monkeypatch, capsys):
    error = ResidualError("No.", write="tolerance=1", option="--tolerance 1")

    def refuse():
        raise error

    monkeypatch.setattr(main, "app", refuse)
    with pytest.raises(SystemExit):
        main.main()
    assert capsys.readouterr().err == "\nNo.\nWrite:   --tolerance 1\n"
