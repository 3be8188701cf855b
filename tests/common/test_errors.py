"""The one error: its parts are apart, its text is one, its kinds are Python's too."""

import copy

import pytest

import keras_residual as kr
from keras_residual.common.errors import KindError, PackageError, ResidualError
from keras_residual.files.errors import FolderError, MissingFileError, UnreadableError
from keras_residual.train import InputError
from keras_residual.train.finite import DivergedError

PARTS = {"given": 3, "needed": "Less.", "write": "n=2", "option": "--n 2"}
KINDS = {
    KindError: TypeError,
    PackageError: ImportError,
    MissingFileError: FileNotFoundError,
    FolderError: IsADirectoryError,
    UnreadableError: PermissionError,
    DivergedError: FloatingPointError,
    InputError: ValueError,
}


@pytest.mark.parametrize(("kind", "other"), KINDS.items())
def test_each_kind_is_ours_and_pythons(kind, other):
    for caught in (kr.ResidualError, ValueError, other):
        with pytest.raises(caught):
            raise kind("Sum: too many.", **PARTS)


@pytest.mark.parametrize("kind", [ResidualError, *KINDS])
def test_it_holds_its_parts_and_so_does_a_copy(kind):
    error = kind("Sum: too many.", **PARTS)
    assert str(error) == "Sum: too many.\n  given  3\nLess.\nWrite:   n=2"
    for one in (error, copy.copy(error)):
        assert str(one) == str(error)
        assert {name: getattr(one, name) for name in PARTS} == PARTS
        assert one.where == "Sum: too many."


def test_what_is_missing_takes_no_line():
    assert str(ResidualError("No.")) == "No."
    assert str(ResidualError("No.", write="yes")) == "No.\nWrite:   yes"


def test_what_is_given_may_be_several():
    given = {"now": 1, "before": None, "given": 2}
    assert str(ResidualError("No.", given=given)) == "No.\n  now     1\n  given   2"


def test_the_command_line_has_its_own_advice():
    error = ResidualError("No.", **PARTS).within("File a")
    assert str(error).startswith("File a: No.")
    assert error.on_command_line().endswith("Write:   --n 2")
    plain = ResidualError("No.", write="yes")
    assert plain.on_command_line() == str(plain)
