"""What the command line knows before Keras is imported, and how it presents itself."""

import os
import re

import keras
import pytest

import keras_residual as kr
from keras_residual.cli import columns, draw, start
from keras_residual.cli.main import app
from keras_residual.common.terminal import Console
from keras_residual.drawing.draw import SUFFIXES
from keras_residual.measures import COLUMNS

COMMANDS = {one.callback.__name__: one.callback for one in app.registered_commands}


def test_names_that_are_written_twice_agree():
    assert list(columns.NAMES) == list(COLUMNS)
    assert draw.SUFFIXES == SUFFIXES


def test_the_version_is_said(command):
    assert command("--version") == (0, f"keras-residual {kr.__version__}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_holds_every_word_of_it(name, command, monkeypatch):
    """Square brackets are orders to Rich, and the words between them would be lost."""
    monkeypatch.setenv("COLUMNS", "250")
    code, output, _ = command(name, "-h")
    assert code == 0
    said = " ".join(re.sub("[│╭╮╰╯─]", " ", output).split())
    for paragraph in (COMMANDS[name].__doc__ or "").split("\n\n"):
        assert " ".join(paragraph.replace("`", "").split()) in said


def test_a_shell_can_complete(command, monkeypatch):
    monkeypatch.setattr("shellingham.detect_shell", lambda *_: ("bash", "/bin/bash"))
    code, output, _ = command("--show-completion")
    assert code == 0
    assert "COMP_WORDS" in output


@pytest.mark.parametrize("suffix", draw.SUFFIXES)
def test_draw_writes_a_picture(command, tmp_path, suffix):
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Add()([x, keras.layers.Dense(4)(x)]))
    model.save(tmp_path / "model.keras")
    picture = tmp_path / f"picture{suffix}"
    code, output, _ = command("draw", tmp_path / "model.keras", "--out", picture)
    assert (code, output) == (0, f"picture   {picture}\n")
    assert picture.stat().st_size > 100


def test_what_a_backend_says_of_its_devices_is_not_passed_on(monkeypatch, capfd):
    monkeypatch.setattr(keras.ops, "zeros", lambda shape: os.write(2, b"cuInit"))
    start.start(None, Console())
    assert capfd.readouterr().err == ""
