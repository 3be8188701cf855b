"""What is held back meanwhile, and that whatever began meanwhile can go on."""

import logging
import os
import sys
from contextlib import suppress

import pytest

from keras_residual.files.export.others import quiet


def noise(handler):
    logging.getLogger("theirs").addHandler(handler)
    logging.getLogger("theirs").error("logged")
    print("printed")
    print("printed", file=sys.stderr)
    sys.stderr.writelines(["lines"])
    sys.__stdout__.write("past Python's redirection")
    os.write(2, b"from C++")


@pytest.mark.parametrize("error", [None, ArithmeticError])
def test_logging_that_was_set_up_meanwhile_goes_on(error, capfd):
    """TensorFlow, imported meanwhile, keeps the `sys.stderr` that it finds."""
    streams, kept = (sys.stdout, sys.stderr), []
    with suppress(ArithmeticError), quiet():
        kept.append(logging.StreamHandler())
        noise(kept[0])
        if error:
            raise error
    assert capfd.readouterr() == ("", "")
    assert (sys.stdout, sys.stderr) == streams
    try:
        logging.getLogger("theirs").warning("afterwards")
        print("printed")
        os.write(2, b"C++")
    finally:
        logging.getLogger("theirs").removeHandler(kept[0])
    assert capfd.readouterr() == ("printed\n", "afterwards\nC++")


def test_one_in_another(capsys):
    with quiet():
        with quiet():
            inner = sys.stderr
        inner.write("held by the other one")
    assert capsys.readouterr().err == ""
    inner.write("seen")
    assert capsys.readouterr().err == "seen"
