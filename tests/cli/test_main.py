"""What is out of reach is said in a message."""

import pytest

from keras_residual.cli import main


def test_a_place_that_cannot_be_written_is_named(monkeypatch, capsys):
    def full():
        raise OSError(28, "No space left on device", "out.keras")

    monkeypatch.setattr(main, "app", full)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert "No space left on device: 'out.keras'" in capsys.readouterr().err
