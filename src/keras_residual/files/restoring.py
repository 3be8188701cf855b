"""Gives a network the weights it was saved with; no network comes from the file."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import keras

from keras_residual.files.archive import Archive, read_archive
from keras_residual.files.errors import DAMAGED, RefusedError, shown
from keras_residual.files.kinds import check_kind
from keras_residual.files.values import (
    check_slots,
    check_types,
    check_values,
)
from keras_residual.files.weights import check_weights


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
        _load(network, archive)
        check_values([*network.weights, *state])
    except RefusedError as error:
        raise error.within(f"Model file {path}") from error.__cause__


def _load(network: keras.Model, archive: Archive) -> None:
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
