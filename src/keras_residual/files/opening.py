"""Opens a saved model without running anything that the file brings."""

from __future__ import annotations

import json
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import keras

from keras_residual.compose.arguments import Count, checked
from keras_residual.files.archive import (
    CONFIG,
    METADATA,
    WEIGHTS,
    Archive,
    read_archive,
)
from keras_residual.files.config import clean
from keras_residual.files.dry_run import dry_run, load
from keras_residual.files.errors import RefusedError
from keras_residual.files.kinds import check_kind, is_hdf5
from keras_residual.files.legacy.building import build
from keras_residual.files.legacy.meaning import check_meaning
from keras_residual.files.legacy.reading import read_saved
from keras_residual.files.legacy.translation import translate
from keras_residual.files.loss import find_loss, give_loss
from keras_residual.files.rows import ROW, Row
from keras_residual.files.values import (
    check_slots,
    check_types,
    check_values,
)
from keras_residual.files.weights import check_weights
from keras_residual.files.wiring import check_wiring


@checked
def open_model(
    path: str | Path,
    *,
    largest_parameters: Count = 10**9,
    allow_not_finite: bool = False,
) -> keras.Model:
    """Opens the file of a model; no code from the file is ever run.

    The model is for looking at and for computing with: its loss is there if it is one
    of Keras's own, its optimizer is not. To train on, use
    `keras.saving.load_model(path)`, if you trust who wrote the file.

    Args:
        path: A file that `model.save("model.keras")` wrote, or `model.save("model.h5")`
            of Keras 2 or 3. Where Keras 3 would compute something else than the Keras
            that wrote it, it is refused with the reason.
        largest_parameters: A model with more is refused before memory is taken for it.
        allow_not_finite: By default a model with NaN or infinity in its weights is
            refused.

    Returns:
        The model.

    Raises:
        RefusedError: The file is damaged, of another kind, or holds what is not
            allowed.
        MissingFileError: There is no such file.
        FolderError: It is a folder.
        UnreadableError: It may not be read.

    Examples:
        >>> block = kr.blocks.basic(4)
        >>> inputs = keras.Input((8, 8, 4))
        >>> keras.Model(inputs, block(inputs)).save("small.keras")
        >>> kr.open_model("small.keras").count_params()
        320
    """
    path = Path(path)
    try:
        if is_hdf5(path):
            model, loss = _open_hdf5(path, largest_parameters)
        else:
            check_kind(path)
            model, loss = _open_archive(path, largest_parameters)
        if not allow_not_finite:
            check_values(model.weights)
        give_loss(model, loss)
    except RefusedError as error:
        raise error.within(f"Model file {path}") from error.__cause__
    return model


def _open_archive(path: Path, largest: int) -> tuple[keras.Model, Any]:
    archive = read_archive(path)
    loss = find_loss(archive.config)
    clean(archive.config)
    calls = check_wiring(archive.config)
    return _load(archive, calls, largest), loss


def _load(archive: Archive, calls: int, largest: int) -> keras.Model:
    held = check_weights(archive.weights)
    # What is loaded is what was checked, and nothing beside it.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        with zipfile.ZipFile(path, "w") as copy:
            copy.writestr(CONFIG, json.dumps(archive.config))
            copy.writestr(METADATA, json.dumps({"keras_version": archive.version}))
            copy.writestr(WEIGHTS, archive.weights.getvalue())
            for name, words in archive.words.items():
                copy.writestr(name, words)
        archive.config.clear()  # Keras reads it again, and it may be large
        make = partial(
            keras.saving.load_model,
            path,
            custom_objects={ROW: Row},
            compile=False,
            safe_mode=True,
        )
        weights = dry_run(make, archive.version, calls=calls, largest=largest)
        check_types(held, {"model": weights})
        archive.weights.close()
        model = load(make, archive.version)
        check_slots(held, model)
        return model


def _open_hdf5(path: Path, largest: int) -> tuple[keras.Model, Any]:
    saved = read_saved(path)
    shapes = {name: array.shape for name, array in saved.weights.items()}
    config = translate(saved.config, shapes)
    clean(config)
    check_meaning(config, saved.version, saved.backend)
    calls = check_wiring(config)
    make = partial(build, config, saved.weights)
    dry_run(make, saved.version, calls=calls, largest=largest)
    return load(make, saved.version), find_loss(saved.trained)
