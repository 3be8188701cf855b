"""Goes on with a run that was stopped, to the result that it would have had."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Never

import keras

from keras_residual._keras import batches_seen
from keras_residual.common.terminal import Console
from keras_residual.compose.arguments import checked
from keras_residual.train.data import Dataset
from keras_residual.train.data.load import whole_path
from keras_residual.train.distributed.agreeing import together
from keras_residual.train.distributed.hosts import is_writer, shown
from keras_residual.train.distributed.sharing import (
    Devices,
    Distribution,
    made_on,
    spread,
)
from keras_residual.train.mistake import InputError
from keras_residual.train.network import make_network, restore_network
from keras_residual.train.objective import kept
from keras_residual.train.recipe import Recipe
from keras_residual.train.resuming.checkpoints import Checkpoints
from keras_residual.train.resuming.rows import Row
from keras_residual.train.resuming.standing import Standing, find_run
from keras_residual.train.run import Run, require_packages
from keras_residual.train.run_files import ANEW
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import task_of
from keras_residual.train.training import Job, load_data, steps_of, train


@checked
def resume(
    out: str | Path,
    *,
    data: str | Path | None = None,
    console: Console | None = None,
    devices: Devices = None,
) -> Run:
    """Goes on with a run from its newest checkpoint.

    On the same machine and backend the finished run is the one that it would have
    been, to the last bit, wherever it was stopped.

    Args:
        out: The run folder of a run that was stopped.
        data: Where the data of the run lies now. By default where it lay.
        console: Where progress is shown. Nowhere by default.
        devices: What to train on; it may differ from what the run began with, and
            then the result is not that to the last bit.

    Returns:
        The finished run.

    Raises:
        InputError: There is no run, no checkpoint is whole, or the data has changed.
        PackageError: A package of the extra "train" is not installed.
        DivergedError: As in `fit`.
        SaveError: As in `fit`.
        PeerError: As in `fit`.
    """
    require_packages()
    distribution = spread(devices)
    with RunFolder(out) as folder:
        with together("go on") as said:
            job = _found(folder, data, shown(console), distribution)
            said.extend([*job.told(), f"{job.standing.epoch} {job.standing.done}"])
        return train(job)


def _found(
    folder: RunFolder,
    data: str | Path | None,
    console: Console,
    distribution: Distribution | None,
) -> Job:
    if is_writer() and folder.is_run():
        folder.hold()  # from here on, what is read stays as it is
        folder.sweep()
    contents = folder.read_named()
    recipe = Recipe.from_dict(contents["recipe"])
    if data is not None:
        recipe = replace(recipe, data=whole_path(data))
    dataset = load_data(recipe, console)
    _check_same_data(folder, contents["data"], dataset)
    if is_writer() and data is not None:
        folder.write_recipe(contents | {"recipe": recipe.to_dict()})
    keras.utils.set_random_seed(recipe.seed)
    with made_on(distribution):
        network = make_network(recipe, dataset)
    file = kept(network, dataset)
    begun = Standing()
    job = Job(folder, recipe, dataset, network, file, begun, console, distribution)
    return _standing(job) or _standing_without_checkpoints(job)


def _check_same_data(
    folder: RunFolder, found: dict[str, Any], dataset: Dataset
) -> None:
    hashes = [dataset.fingerprint]
    if not folder.checkpoints.exists():  # a version before had it
        hashes.append(dataset.earlier or dataset.fingerprint)
    if found.get("sha256") not in hashes:
        then, now = map(_columns, (found.get("terms"), dataset.terms))
        moved = then != now and sorted(then) == sorted(now)
        raise InputError(
            f"Run folder {folder.path}: the data has changed since the run began.",
            given=f"{dataset.name}, sha256 {dataset.fingerprint[:12]}, "
            f"it was {str(found.get('sha256'))[:12]}"
            + "; its columns stand in another order"
            * moved,
            needed="A run goes on with the data that it began with.",
            write=f"columns in the order of before: {', '.join(then)}; or {ANEW}"
            if moved
            else ANEW,
        )


def _columns(terms: Any) -> list[str]:
    """Returns the names of a table's columns, as far as terms hold such."""
    columns = terms.get("columns") if isinstance(terms, dict) else None
    known = columns if isinstance(columns, list) else []
    return [str(one.get("name")) for one in known if isinstance(one, dict)]


def _standing(job: Job) -> Job | None:
    """Returns the run as its checkpoints have it; None where there are none."""
    checkpoints = Checkpoints(job.folder.checkpoints, run=job.folder.identity())
    per_epoch = steps_of(job.recipe, job.dataset).per_epoch
    task = task_of(job.dataset.task)
    found = find_run(
        *(checkpoints, job.network, per_epoch, job.console.print),
        epochs=job.recipe.epochs,
        columns=task.columns,
        score=f"val_{task.score}",
    )
    if found is None:
        return None
    if found.rows and is_writer():  # the file may be a row ahead, or damaged
        job.folder.write_history(found.rows)
    return replace(job, standing=found)


def _standing_without_checkpoints(job: Job) -> Job:
    """Returns the run as `model.keras` has it, which knows less of it."""
    folder = job.folder
    rows = folder.read_history()
    if os.path.lexists(folder.model):
        restore_network(job.kept, folder)
        job.console.print(
            "There are no checkpoints: going on from model.keras, and not exactly."
        )
    epochs = _finished_epochs(job, rows)
    return replace(job, standing=Standing(epoch=epochs, rows=rows[:epochs]))


def _finished_epochs(job: Job, rows: list[Row]) -> int:
    # The model says which epoch is done; a row may be ahead of it, never behind.
    per_epoch = steps_of(job.recipe, job.dataset).per_epoch
    taken = batches_seen(job.network.optimizer)
    epochs, more = divmod(taken, per_epoch)
    if more or not 0 <= epochs <= job.recipe.epochs:
        _refuse_files(
            job,
            "model.keras is of no finished epoch",
            f"model.keras after {taken} steps, {per_epoch} an epoch, "
            f"{job.recipe.epochs} epochs in recipe.json",
        )
    if len(rows) < epochs:
        _refuse_files(
            job,
            "the history lacks rows",
            f"{len(rows)} rows, model.keras after {epochs} epochs",
        )
    if rows and not epochs:
        _refuse_files(
            job,
            "its network is lost",
            f"{len(rows)} rows in history.csv, no checkpoints, no trained model.keras",
        )
    return epochs


def _refuse_files(job: Job, what: str, given: str) -> Never:
    raise InputError(
        f"Run folder {job.folder.path}: {what}.",
        given=given,
        needed="model.keras is saved, and history.csv gets a row, after every epoch.",
        write=ANEW,
    )
