"""A project's settings are read as any file that people bring."""

import os

import pytest

from keras_residual.cli.check import LARGEST, check_settings
from keras_residual.train.mistake import InputError


def pipe(path):
    os.mkfifo(path)


def test_a_setting_is_read_from_above(tmp_path):
    text = '[tool.keras-residual.check]\nignore = ["KR1"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert check_settings(tmp_path / "a" / "b") == {"ignore": ["KR1"]}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (pipe, "a pipe"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.write_bytes(b"#" * (LARGEST + 1)), "bytes"),
        (lambda path: path.write_bytes(b"\xff"), "utf-8"),
        (lambda path: path.write_text("a = " + "[" * 5000), "recursion"),
        (lambda path: path.write_text("tool = 1"), "tool = 1 is no table"),
        (lambda path: path.write_text("[tool]\nkeras-residual = []"), "no table"),
        (lambda path: path.write_text("[tool.keras-residual]\ncheck = 1"), "no table"),
    ],
    ids=["pipe", "folder", "large", "bytes", "deep", "tool", "ours", "check"],
)
def test_what_holds_no_settings_is_named(make, said, tmp_path):
    make(tmp_path / "pyproject.toml")
    with pytest.raises(InputError, match=said):
        check_settings(tmp_path)
