"""What every check of a model file raises; the opener adds the path."""

from __future__ import annotations

from keras_residual.common.errors import ResidualError

LONGEST = 200


class RefusedError(ResidualError):
    """Says why a file is not opened."""


class MissingFileError(RefusedError, FileNotFoundError):
    """Says that there is no file; `except FileNotFoundError` catches it, too."""


class FolderError(RefusedError, IsADirectoryError):
    """Says that it is a folder; `except IsADirectoryError` catches it, too."""


class UnreadableError(RefusedError, PermissionError):
    """Says that it may not be read; `except PermissionError` catches it, too."""


DAMAGED = "the path of a whole copy: download or save the file again"
BUILD = 'build the model in Python, load_weights(path), then model.save("model.keras")'
IN_PYTHON = "keras.saving.load_model(path) in Python, if you trust who wrote the file"
RUNS_ITS_CODE = (
    "keras.saving.load_model(path, safe_mode=False) in Python, which runs the code in "
    "the file, if you wrote it yourself"
)


def shown(value: object) -> str:
    """Returns text from a file, short and without control characters.

    Args:
        value: What the file holds; an exception speaks for itself.
    """
    text = str(value) if isinstance(value, Exception) else repr(value)
    start = "".join(c if c.isprintable() else " " for c in text[: 2 * LONGEST])
    line = " ".join(start.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
