"""Writes the files of a run anew where they are not what was saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import digest_of
from keras_residual.train.resuming.checkpoints import read
from keras_residual.train.resuming.standing import Standing
from keras_residual.train.resuming.variables import as_ended, give_back
from keras_residual.train.run_folder import RunFolder


def mend(
    folder: RunFolder,
    network: keras.Model,
    kept: keras.Model,
    standing: Standing,
    say: Callable[[str], Any],
) -> None:
    """Writes `best.weights.h5` and `model.keras` anew where they are not as saved.

    The checkpoints know the hashes of both, and hold what is in them. Within an epoch
    `model.keras` is left alone: the end of the epoch writes it.

    Args:
        folder: The run folder.
        network: What learns, with the weights of the checkpoint.
        kept: The form of it that is saved.
        standing: Where the run stands.
        say: Is told what is written.
    """
    found = standing.snapshot
    if found is None:
        return
    if standing.best is not None and _differs(folder, folder.best.name, standing):
        say("best.weights.h5 is not what was saved; it is written anew.")
        try:
            most = 2 * sum(array.nbytes for array in found.weights.values()) + 2**20
            best = read(folder.checkpoints / standing.best, max(most, _size(found)))
            give_back(network, best.weights)
        except (OSError, ForeignError) as error:
            say(f"It cannot be: the checkpoint of the best epoch is damaged: {error}.")
        else:
            with folder.replacing(folder.best) as partial:
                kept.save_weights(partial)
        give_back(network, found.weights)
    if not standing.done and _differs(folder, folder.model.name, standing):
        say("model.keras is not what was saved; it is written anew.")
        with folder.replacing(folder.model) as partial, as_ended(network):
            kept.save(partial)


def saved_as(path: Path) -> str:
    """Returns the hash of a file, and nothing where there is none to read.

    Args:
        path: The file.
    """
    try:
        return digest_of(path)
    except OSError:
        return ""


def _differs(folder: RunFolder, name: str, standing: Standing) -> bool:
    saved = standing.files.get(name)
    return bool(saved) and saved_as(folder.path / name) != saved


def _size(found: Any) -> int:
    return 2 * sum(array.nbytes for array in found.training.values()) + 2**20
