"""The model files that commands are given."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from keras_residual.cli.saying import echo
from keras_residual.train.mistake import InputError

if TYPE_CHECKING:
    import keras

# What the library advises in Python, and how one says it here.
_OPTIONS = {
    r"KERAS_BACKEND=(\w+) in front of the command": r"--backend \1",
    r"export\(model, 'model'\)": "--format savedmodel",
    r"\binputs=\[.*": "--inputs FILE.npz",
    r"\btolerance=(?=\d)": "--tolerance ",
    r"\bbatch_size=(?=\d)": "--batch-size ",
    r", or with passes=\(\)": "",
    r"Write:   loss=(.*)": r"Write:   model.compile(loss=\1), and save it again",
}


def opened(file: Path) -> keras.Model:
    """Opens a model file, or ends the command with the reason in exit code 2.

    Args:
        file: The model file.
    """
    from keras_residual.files import open_model

    try:
        return open_model(file)
    except (OSError, TypeError, ValueError) as error:
        raise refused(error) from None


def refused(error: Exception) -> typer.Exit:
    """Says what is wrong and which option helps, and returns the exit to raise.

    Args:
        error: What was raised.
    """
    message = str(error)
    for advice, option in _OPTIONS.items():
        message = re.sub(advice, option, message)
    echo(f"\n{message}", err=True)
    return typer.Exit(2)


def new_file(out: Path | None, file: Path, word: str) -> Path:
    """Returns the file that a command writes a model to, before it does its work.

    Args:
        out: What was asked for; None for the model's own name with a word.
        file: The model file that was read.
        word: What has become of the model.

    Raises:
        InputError: If it exists, is no .keras file, or has no folder.
    """
    out = out or file.with_name(f"{file.stem}-{word}.keras")
    if out.suffix == ".keras" and not out.exists() and out.parent.is_dir():
        return out
    raise InputError(
        "The file to write does not fit.",
        given=str(out),
        needed="A model is written to a new .keras file in a folder that exists.",
        write=f"--out {out.stem}-2.keras",
    )


def write(model: keras.Model, out: Path) -> None:
    """Writes a model whole or not at all.

    Args:
        model: The model.
        out: What `new_file` returned.
    """
    from keras_residual.common.writing import replacing

    with replacing(out) as partial:
        model.save(partial)
