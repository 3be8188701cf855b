"""The model files that commands are given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from keras_residual.train.mistake import InputError

if TYPE_CHECKING:
    import keras


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
    if out.suffix != ".keras":
        why = f"it ends in {out.suffix or 'nothing'!r}"
    elif out.exists():
        why = "it exists"
    elif not out.parent.is_dir():
        why = f"{out.parent} is no folder"
    else:
        return out
    raise InputError(
        "The file to write does not fit.",
        given=f"{out}: {why}",
        needed="A model is written to a new .keras file in a folder that exists.",
        write=f"--out {_free(out)}",
    )


def _free(out: Path) -> Path:
    """Returns a file beside one that does not fit, or here, that is not there yet."""
    folder = out.parent if out.parent.is_dir() else Path()
    names = (f"{out.stem or 'model'}{end}.keras" for end in ("", *range(-2, -99, -1)))
    return next(folder / name for name in names if not (folder / name).exists())


def write(model: keras.Model, out: Path) -> None:
    """Writes a model whole or not at all.

    Args:
        model: The model.
        out: What `new_file` returned.
    """
    from keras_residual.common.writing import replacing

    with replacing(out) as partial:
        model.save(partial)
