"""Opens a saved model, or its weights, without running what the file brings."""

from __future__ import annotations

import json
import tempfile
import warnings
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras

from keras_residual.compose.arguments import Count, checked
from keras_residual.files.allowed import LOSS_NAMES, LOSS_OBJECTS
from keras_residual.files.archive import (
    CONFIG,
    METADATA,
    WEIGHTS,
    Archive,
    read_archive,
)
from keras_residual.files.config import ROW, Config, Row, clean, objects, pair
from keras_residual.files.dry_run import dry_run, load
from keras_residual.files.errors import DAMAGED, IN_PYTHON, RefusedError, shown
from keras_residual.files.kinds import check_kind, is_hdf5
from keras_residual.files.legacy.building import build
from keras_residual.files.legacy.meaning import check_meaning
from keras_residual.files.legacy.reading import read_saved
from keras_residual.files.legacy.translation import translate
from keras_residual.files.older import bring_up
from keras_residual.files.trusted import open_with
from keras_residual.files.values import check_slots, check_types, check_values
from keras_residual.files.weights import check_weights
from keras_residual.files.wiring import check_wiring


@checked
def open_model(
    path: str | Path,
    *,
    largest_parameters: Count = 10**9,
    allow_not_finite: bool = False,
    modules: Sequence[str] = (),
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
        modules: Modules that register the file's own classes, such as
            `["keras_hub"]`. Their code is run, and what the file says is done by Keras
            alone, without the limits here: for files whose writer is trusted.

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
        if modules:
            model, loss = open_with(path, modules), None
        elif is_hdf5(path):
            model, loss = _open_hdf5(path, largest_parameters)
        else:
            check_kind(path)
            model, loss = _open_archive(path, largest_parameters)
        if not allow_not_finite:
            check_values(model.weights)
        _give_loss(model, loss)
    except RefusedError as error:
        raise error.within(f"Model file {path}") from error.__cause__
    return model


def _open_archive(path: Path, largest: int) -> tuple[keras.Model, Any]:
    archive = read_archive(path)
    loss = find_loss(archive.config)
    bring_up(archive.config, archive.version)
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


def restore(network: keras.Model, path: str | Path) -> None:
    """Loads the weights and the optimizer's state of a `.keras` file into a network.

    What the file says of its layers is not read: only its arrays are, and each has to
    fit the network that is there. So a file takes no more memory than the network does.

    Args:
        network: Compiled, and made as the one that was saved.
        path: The file.

    Raises:
        RefusedError: The file is damaged, or is of another network. What was loaded
            until then stays in the network.
        MissingFileError: There is no such file.
        FolderError: It is a folder.
        UnreadableError: It may not be read.
    """
    path = Path(path)
    try:
        check_kind(path)
        archive = read_archive(path)
        held = check_weights(archive.weights)
        network.optimizer.build(network.trainable_variables)
        state = network.optimizer.variables
        check_types(held, {"model": network.weights, "optimizer": state})
        check_slots(held, network)
        _give_weights(network, archive)
        check_values([*network.weights, *state])
    except RefusedError as error:
        raise error.within(f"Model file {path}") from error.__cause__


def _give_weights(network: keras.Model, archive: Archive) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras only warns of an optimizer that it leaves as it is.
        warnings.filterwarnings("error", message="Skipping variable loading")
        path = Path(folder) / "model.weights.h5"
        path.write_bytes(archive.weights.getbuffer())
        try:
            network.load_weights(path)
        except Exception as error:  # Keras raises whatever its layers do
            raise RefusedError(
                "its weights are those of another network.",
                given=shown(error),
                needed="A network goes on with the weights that it was saved with.",
                write=DAMAGED,
            ) from error


# Lists, settings and losses: far more than a loss for each output.
MOST_LOSSES = 10_000


def find_loss(config: Config) -> Any:
    """Returns the loss in a description, or None where it is not one of Keras's own.

    Args:
        config: The description, before `clean`.
    """
    compiled = config.get("compile_config")
    loss = compiled.get("loss") if isinstance(compiled, dict) else None
    return loss if _is_known_loss(loss) and _losses(loss) <= MOST_LOSSES else None


def _give_loss(model: keras.Model, loss: Any) -> None:
    """Compiles a model with a loss that `find_loss` returned, if it returned one."""
    if loss is None:
        return
    try:
        model.compile(loss=keras.saving.deserialize_keras_object(loss))
    except Exception as error:  # Keras raises whatever its losses do
        raise RefusedError(
            "Keras cannot make its loss.",
            given=shown(error),
            needed="A loss has the arguments that Keras gives it.",
            write=f"model = {IN_PYTHON}; and pass the model",
        ) from error


def _losses(loss: Any) -> int:
    if isinstance(loss, dict):
        loss = list(loss.values())
    return 1 + sum(map(_losses, loss)) if isinstance(loss, list) else 1


def _is_known_loss(loss: Any) -> bool:
    if isinstance(loss, list):
        return all(map(_is_known_loss, loss))
    if not isinstance(loss, dict):
        return loss is None or str(loss) in LOSS_NAMES
    if "class_name" not in loss:
        return all(map(_is_known_loss, loss.values()))
    inside, registered = loss.get("config"), loss.get("registered_name")
    module, kind = pair(loss)
    name = str(inside) if kind == "function" else kind
    alone = not any(objects(inside))
    return alone and (module, name) in LOSS_OBJECTS and registered in (None, kind, name)
