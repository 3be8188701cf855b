"""Advice is options on the command line, and arguments in Python."""

import pytest

from keras_residual.train import InputError


@pytest.mark.parametrize(
    ("option", "argument"),
    [
        ("--layout grey or --layout table", "layout='grey' or layout='table'"),
        ("--label 'a b', if it is one", "label='a b', if it is one"),
        ("--learning-rate 1e-3", "learning_rate=1e-3"),
        ("--no-header; or --header", "header=False; or header=True"),
        ("--out with another folder", "out=... with another folder"),
        ("keras-residual train --data x.npz", "keras-residual train --data x.npz"),
    ],
)
def test_an_option_is_an_argument_of_python(option, argument):
    error = InputError("No.", write=option).within("Here")
    assert str(error).endswith(f"Write:   {argument}")
    assert error.on_command_line().endswith(f"Write:   {option}")
