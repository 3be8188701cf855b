"""Goes on with the run of a model and data of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_residual.common.terminal import Console
from keras_residual.measures.forms import plain
from keras_residual.train.data.arrays import fingerprint
from keras_residual.train.distributed.hosts import is_writer
from keras_residual.train.mistake import InputError
from keras_residual.train.own.batches import Batches
from keras_residual.train.recipe import Recipe
from keras_residual.train.resuming.checkpoints import Checkpoints
from keras_residual.train.resuming.mending import mend
from keras_residual.train.resuming.standing import Standing, find_run, restore
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import score_of


def must_be(folder: RunFolder | None) -> RunFolder:
    """Returns the folder of a run that is to be gone on with.

    Args:
        folder: The folder, or None where none was named.

    Raises:
        InputError: None was named.
    """
    if folder is None:
        raise InputError(
            "Fit: it is not said which run is gone on with.",
            given="resume=True, and no folder",
            needed="A run is named by its folder.",
            write="kr.train.fit(model, (x, y), out='runs/mine', resume=True)",
        )
    return folder


def fingerprint_of(data: Sequence[Batches]) -> str:
    """Returns a hash of what a run learns from and is judged on.

    Of arrays it is of all numbers, of others of the first batch.

    Args:
        data: Both.
    """
    read = [one.data if one.are_arrays else one.first() for one in data]
    return fingerprint(*map(plain, keras.tree.flatten(read)))


def go_on(
    folder: RunFolder,
    model: keras.Model,
    recipe: Recipe,
    data: tuple[Batches, Batches],
    console: Console,
) -> Standing:
    """Returns where a run stands, and gives the model what it had there.

    Args:
        folder: The run folder.
        model: The model, made and compiled as before.
        recipe: The recipe, as it was given now.
        data: What it learns from, and what it is judged on.
        console: Where it is said what is not as it was.

    Raises:
        InputError: Recipe, model or data are others than those of the run.
    """
    if is_writer():
        folder.hold()
        folder.sweep()
    contents = folder.read_recipe()
    _check_same(folder, contents["recipe"], recipe.to_dict())
    _check_data(folder, contents["data"], data, console)
    steps = data[0]
    size = getattr(model, "steps_per_execution", 1)
    if steps.per_epoch % size:
        console.print(
            f"Not exactly as before: {size} steps are taken at once, and an epoch has "
            f"{steps.per_epoch}."
        )
    checkpoints = Checkpoints(folder.checkpoints, run=folder.identity())
    found = find_run(
        *(checkpoints, model, steps.per_epoch, console.print),
        epochs=recipe.epochs,
        columns=None,
        score=f"val_{score_of(recipe.task)}",
    )
    if found is None:
        console.print("There is no checkpoint yet: beginning at the beginning.")
        return Standing()
    restore(checkpoints, model, found)
    if is_writer():
        mend(folder, model, model, found, console.print)
        if found.rows:
            folder.write_history(found.rows)
    return found


def _check_same(folder: RunFolder, saved: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuses another recipe; the name of a model may be one that Keras counts up."""
    for name in now.keys() - {"model"}:
        if name in saved and saved[name] != now[name]:
            raise InputError(
                f"Run folder {folder.path}: it is of another recipe.",
                given=f"{name}={now[name]!r:.80}, the run has {saved[name]!r:.80}",
                needed="A run goes on with the recipe that it began with.",
                write=f"Recipe({name}={saved[name]!r:.80}), or another folder",
            )


def _check_data(
    folder: RunFolder,
    saved: dict[str, Any],
    data: tuple[Batches, Batches],
    console: Console,
) -> None:
    if saved.get("sha256") == fingerprint_of(data):
        return
    if all(batches.are_arrays for batches in data):
        raise InputError(
            f"Run folder {folder.path}: the data has changed since the run began.",
            given="arrays with other numbers",
            needed="A run goes on with the data that it began with.",
            write="the same arrays, or another folder to train anew",
        )
    console.print(
        "The batches are not those of before, or come in another order: going on, but "
        "not exactly."
    )
