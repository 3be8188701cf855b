"""Opens a saved model, or its weights, without running what the file brings."""

from __future__ import annotations

import json
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import keras

from keras_residual.common.files import at_home
from keras_residual.compose.arguments import Count, checked
from keras_residual.files.archive import (
    CONFIG,
    METADATA,
    WEIGHTS,
    Archive,
    read_archive,
)
from keras_residual.files.compiled import ANEW, find_compiled
from keras_residual.files.config import ROW, Row, clean
from keras_residual.files.dry_run import dry_run, load
from keras_residual.files.errors import DAMAGED, RefusedError, shown
from keras_residual.files.kinds import check_kind, is_hdf5
from keras_residual.files.legacy.building import build
from keras_residual.files.legacy.meaning import check_meaning
from keras_residual.files.legacy.reading import read_saved
from keras_residual.files.legacy.translation import translate
from keras_residual.files.losses import find_loss, give_loss
from keras_residual.files.older import bring_up
from keras_residual.files.training import Training, spare, warn_of_decay
from keras_residual.files.trusted import open_with
from keras_residual.files.values import check_slots, check_types, check_values
from keras_residual.files.weights import Held, check_weights
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
    of Keras's own, its optimizer is not. `load_model` brings both, to train on.

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
    asked = _Asked(largest_parameters, allow_not_finite, modules)
    return _open(at_home(path), asked)


@checked
def load_model(
    path: str | Path,
    *,
    without_decay: Callable | None = None,
    largest_parameters: Count = 10**9,
    allow_not_finite: bool = False,
    modules: Sequence[str] = (),
) -> keras.Model:
    """Opens a `.keras` file as `open_model` does, and brings what training needs.

    That is the optimizer with its state, the loss and the metrics, so that `fit` goes
    on. All of them are Keras's own, or the file is refused. A model that was not
    compiled comes as it is. Not in the file, for Keras does not save it: which weights
    decay left alone, the seeds of dropout, the place in the data. For runs that go on
    exactly see `kr.train`.

    Args:
        path: A file that `model.save("model.keras")` wrote.
        without_decay: Takes the model and returns the weights that weight decay leaves
            alone, as `kr.no_decay` does. Without it decay is for all, and a warning
            says so.
        largest_parameters: As in `open_model`.
        allow_not_finite: By default a file with NaN or infinity in its weights or in
            the optimizer's state is refused.
        modules: As in `open_model`; how the model was compiled is Keras's to do, too.

    Returns:
        The model, compiled if it was.

    Raises:
        RefusedError: As in `open_model`; or how it was compiled is not allowed, or the
            optimizer's state does not fit it.
        MissingFileError: There is no such file.
        FolderError: It is a folder.
        UnreadableError: It may not be read.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(np.ones((8, 4)), np.ones(8), verbose=0)
        >>> model.save("halfway.keras")
        >>> again = kr.load_model("halfway.keras")
        >>> again.loss, int(again.optimizer.iterations)
        ('mse', 1)
    """
    asked = _Asked(largest_parameters, allow_not_finite, modules, True, without_decay)
    model = _open(at_home(path), asked)
    warn_of_decay(model, without_decay)
    return model


class _Asked(NamedTuple):
    """What a caller asked for."""

    largest: int
    allow_not_finite: bool
    modules: Sequence[str]
    to_train: bool = False
    without_decay: Callable | None = None


def _open(path: Path, asked: _Asked) -> keras.Model:
    try:
        if asked.modules:
            model, loss = open_with(path, asked.modules), None
            spare(model, asked.without_decay)
        elif is_hdf5(path):
            model, loss = _open_hdf5(path, asked)
        else:
            check_kind(path)
            model, loss = _open_archive(path, asked)
        if not asked.allow_not_finite:
            check_values(model.weights)
        give_loss(model, loss)
    except RefusedError as error:
        raise error.within(f"Model file {path}") from error.__cause__
    return model


def _open_archive(path: Path, asked: _Asked) -> tuple[keras.Model, Any]:
    archive = read_archive(path)
    loss = None if asked.to_train else find_loss(archive.config)
    compiled = find_compiled(archive.config) if asked.to_train else None
    bring_up(archive.config, archive.version)
    clean(archive.config)
    calls = check_wiring(archive.config)
    held = check_weights(archive.weights)
    training = None
    if compiled is not None:
        training = Training(compiled, archive.weights, held, asked.without_decay)
    model = _load(archive, held, (calls, asked.largest), training)
    if training is not None:
        training.fill(model, asked.allow_not_finite)
    return model, loss


def _load(
    archive: Archive, held: Held, limits: tuple[int, int], training: Training | None
) -> keras.Model:
    calls, largest = limits
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
        make = partial(_make, path, training)
        weights = dry_run(make, archive.version, calls=calls, largest=largest)
        check_types(held, {"model": weights})
        archive.weights.close()
        model = load(make, archive.version)
        check_slots(held, model)
        return model


def _make(path: Path, training: Training | None) -> keras.Model:
    model: Any = keras.saving.load_model(
        path, custom_objects={ROW: Row}, compile=False, safe_mode=True
    )
    return model if training is None else training.compile(model)


def _open_hdf5(path: Path, asked: _Asked) -> tuple[keras.Model, Any]:
    if asked.to_train:
        raise RefusedError(
            "an optimizer is not read from an .h5 file.",
            given="an HDF5 file",
            needed="load_model takes .keras files; open_model takes both.",
            write=ANEW,
        )
    saved = read_saved(path)
    shapes = {name: array.shape for name, array in saved.weights.items()}
    config = translate(saved.config, shapes)
    clean(config)
    check_meaning(config, saved.version, saved.backend)
    calls = check_wiring(config)
    make = partial(build, config, saved.weights)
    dry_run(make, saved.version, calls=calls, largest=asked.largest)
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
    path = at_home(path)
    try:
        check_kind(path)
        archive = read_archive(path)
        held = check_weights(archive.weights)
        if not network.optimizer.built:
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
