"""The main job: data in, a run folder with a trained network out."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Never

import keras
from rich.progress import Progress

from keras_residual.common.files import at_home
from keras_residual.common.terminal import Console
from keras_residual.compose.arguments import checked
from keras_residual.train.callbacks import (
    Checkpoint,
    HistoryFile,
    ShowProgress,
    StopWhenNotFinite,
)
from keras_residual.train.data import Dataset, largest_class, load
from keras_residual.train.data.reading import lines
from keras_residual.train.distribution import (
    Devices,
    Distribution,
    StopTogether,
    made_on,
    outside,
    placed,
    spread,
)
from keras_residual.train.hosts import (
    hosts,
    is_writer,
    one_for_all,
    shown,
    together,
)
from keras_residual.train.mistake import InputError
from keras_residual.train.network import check_model, make_network, restore_network
from keras_residual.train.objective import class_weights, kept, learnable
from keras_residual.train.pipeline import Steps, stream
from keras_residual.train.recipe import Recipe, paced, to_json, versions
from keras_residual.train.report import write_report
from keras_residual.train.run import Run, require_packages
from keras_residual.train.run_folder import Row, RunFolder
from keras_residual.train.tasks import task_of
from keras_residual.train.watching import watch_units
from keras_residual.transforms.accelerate import accelerate


@dataclass(frozen=True)
class _Job:
    folder: RunFolder
    recipe: Recipe
    dataset: Dataset
    network: keras.Model
    kept: keras.Model
    rows: list[Row]
    console: Console
    distribution: Distribution | None = None


def fit_recipe(
    recipe: Recipe,
    out: str | Path,
    *,
    console: Console | None = None,
    devices: Devices = None,
) -> Run:
    """Trains a network and writes its run folder.

    Args:
        recipe: What to train, and how.
        out: The run folder to make.
        console: Where progress is shown. Nowhere by default.
        devices: What to train on; see `keras_residual.train.fit`.

    Returns:
        The finished run.

    Raises:
        InputError: The recipe, the data or the folder does not fit; nothing is written.
        PackageError: A package of the extra "train" is not installed.
        DivergedError: The loss became infinite or no number; the folder holds the
            last finished epoch.
        PeerError: One of several hosts could not begin, or is gone.
    """
    require_packages()
    distribution = spread(devices)
    console = shown(console)
    with together("begin") as said:
        job = _begun(recipe, RunFolder(out), console, distribution)
        said.extend(_told(job))
    return _train(job)


def _begun(
    recipe: Recipe,
    folder: RunFolder,
    console: Console,
    distribution: Distribution | None,
) -> _Job:
    if is_writer():
        folder.refuse_existing()
    if recipe.model is not None:
        check_model(recipe.model)
    dataset = _load(recipe, console)
    recipe = settle(recipe, dataset)
    keras.utils.set_random_seed(recipe.seed)
    with made_on(distribution):
        network = make_network(recipe, dataset)
    if is_writer():
        found = _describe(dataset)
        folder.create(recipe, backend=keras.config.backend(), data=found)
    console.print(
        f"Training {recipe.model} on {dataset.name}; files go to {folder.path}."
    )
    file = kept(network, dataset)
    return _Job(folder, recipe, dataset, network, file, [], console, distribution)


def _told(job: _Job) -> list[str]:
    """Returns what has to be the same in every process."""
    found = to_json(versions("jax")) if hosts() > 1 else ""
    return [to_json(job.recipe.to_dict()), str(job.dataset.fingerprint), found]


@checked
def resume(
    out: str | Path, *, console: Console | None = None, devices: Devices = None
) -> Run:
    """Goes on with a run from its last finished epoch.

    Args:
        out: The run folder of a run that was stopped.
        console: Where progress is shown. Nowhere by default.
        devices: What to train on; it may differ from what the run began with.

    Returns:
        The finished run.

    Raises:
        InputError: There is no run, a file is damaged, or the data has changed.
        PackageError: A package of the extra "train" is not installed.
        DivergedError: As in `fit_recipe`.
        PeerError: As in `fit_recipe`.
    """
    require_packages()
    distribution = spread(devices)
    console = shown(console)
    with together("go on") as said:
        job = _found(RunFolder(out), console, distribution)
        said.extend(_told(job))
    return _train(job)


def _found(
    folder: RunFolder, console: Console, distribution: Distribution | None
) -> _Job:
    contents = folder.read_named()
    recipe = Recipe.from_dict(contents["recipe"])
    if is_writer():
        folder.sweep()
    dataset = _load(recipe, console)
    _check_same_data(folder, contents["data"], dataset)
    keras.utils.set_random_seed(recipe.seed)
    with made_on(distribution):
        network = make_network(recipe, dataset)
    file = kept(network, dataset)
    if os.path.lexists(folder.model):
        restore_network(file, folder)
    rows = folder.read_history()
    return _Job(folder, recipe, dataset, network, file, rows, console, distribution)


def settle(recipe: Recipe, dataset: Dataset) -> Recipe:
    """Fills what a recipe left to the data.

    Args:
        recipe: The recipe as it was written.
        dataset: The data that it names.

    Raises:
        InputError: The augmentation is for pictures, and these are none; or there are
            no classes to be weighed.
    """
    augment = recipe.augment or dataset.augment
    if augment != "none" and dataset.kind != "picture":
        raise InputError(
            f"Data {dataset.name}: only pictures are mirrored and shifted.",
            given=f"augment={augment!r}, data of kind {dataset.kind!r}",
            needed="Augmentation is for pictures.",
            write="--augment none",
        )
    model = recipe.model or ("tabular_resnet" if dataset.kind == "table" else "resnet8")
    path = at_home(recipe.data)
    data = str(path.resolve()) if path.exists() else recipe.data
    class_weights(recipe, dataset)
    recipe = paced(
        recipe, len(dataset.train.labels) if dataset.kind == "table" else None
    )
    return replace(recipe, data=data, task=dataset.task, model=model, augment=augment)


def _load(recipe: Recipe, console: Console) -> Dataset:
    with Progress(
        console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("looking at every picture", visible=False)

        def watch(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        dataset = load(recipe, watch)
    for line in lines(dataset):
        console.print(line, markup=False)
    return dataset


def _describe(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "classes": list(dataset.classes),
        "task": dataset.task,
        "shape": list(dataset.train.shape),
        "train": len(dataset.train.labels),
        "held_out": len(dataset.test.labels),
        "reading": list(dataset.reading),
        "terms": dataset.terms,
        "left_out": list(dataset.left_out),
        "sha256": dataset.fingerprint,
    }


def _check_same_data(
    folder: RunFolder, found: dict[str, Any], dataset: Dataset
) -> None:
    if found.get("sha256") != dataset.fingerprint:
        raise InputError(
            f"Run folder {folder.path}: the data has changed since the run began.",
            given=f"{dataset.name}, sha256 {dataset.fingerprint[:12]}, "
            f"it was {str(found.get('sha256'))[:12]}",
            needed="A run goes on with the data that it began with.",
            write="--out with another folder, to train anew",
        )


def _train(job: _Job) -> Run:
    recipe = job.recipe
    steps = Steps(
        learnable(job.dataset).train,
        batch_size=recipe.examples_a_step,
        epochs=recipe.epochs,
        seed=recipe.seed,
        how=str(recipe.augment),
        weights=class_weights(recipe, job.dataset),
    )
    first_epoch = _finished_epochs(job, steps)
    del job.rows[first_epoch:]
    if first_epoch < recipe.epochs:
        if recipe.accelerate:
            _accelerate(job)
        with placed(job.network, steps[0], job.distribution) as steps.share:
            _run_epochs(job, steps, first_epoch)
    with together("write the report"):
        if is_writer():
            write_report(job.folder, job.kept, job.dataset, recipe)
    weights = job.network.trainable_weights
    return Run(
        folder=job.folder.path,
        recipe=recipe,
        rows=tuple(job.rows),
        parameters=sum(math.prod(weight.shape) for weight in weights),
        left_out=job.dataset.left_out,
        largest_class=largest_class(job.dataset),
        metric=task_of(job.dataset.task).score,
    )


def _finished_epochs(job: _Job, steps: Steps) -> int:
    # The model says which epoch is done; a row may be ahead of it, never behind.
    epochs, more = divmod(int(job.network.optimizer.iterations), steps.per_epoch)
    if more or not 0 <= epochs <= job.recipe.epochs:
        _refuse_files(
            job,
            "model.keras is of no finished epoch",
            f"model.keras after {int(job.network.optimizer.iterations)} steps, "
            f"{steps.per_epoch} an epoch, {job.recipe.epochs} epochs in recipe.json",
        )
    if len(job.rows) < epochs:
        _refuse_files(
            job,
            "the history lacks rows",
            f"{len(job.rows)} rows, model.keras after {epochs} epochs",
        )
    return epochs


def _refuse_files(job: _Job, what: str, given: str) -> Never:
    raise InputError(
        f"Run folder {job.folder.path}: {what}.",
        given=given,
        needed="model.keras is saved, and history.csv gets a row, after every epoch.",
        write="--out with another folder, to train anew",
    )


def _accelerate(job: _Job) -> None:
    if job.distribution is not None:
        job.console.print("Computing as Keras does: our kernels are for one device.")
        return
    try:
        accelerate(job.network)
    except ValueError as error:  # the network is as it was: slower, not wrong
        job.console.print(f"Computing as Keras does. {error}")


def _run_epochs(job: _Job, steps: Steps, first_epoch: int) -> None:
    task = task_of(job.dataset.task)
    test = learnable(job.dataset).test
    held_out = Steps(
        test, batch_size=steps.batch_size, epochs=steps.epochs, share=steps.share
    )
    progress = ShowProgress(job.console, steps, first_epoch, task.metrics)
    every = job.recipe.monitor
    watching = [watch_units(job.folder, job.dataset, every)] if every else []
    score = f"val_{task.score}"
    writing = [Checkpoint(job.kept, job.folder, job.rows, score)] * is_writer()
    folder = job.folder if is_writer() else None
    with progress.bar, one_for_all():
        job.network.fit(
            stream(steps, first_epoch),
            epochs=steps.epochs,
            initial_epoch=first_epoch,
            steps_per_epoch=steps.per_epoch,
            validation_data=stream(held_out),
            validation_steps=held_out.per_epoch,
            callbacks=outside(
                [
                    StopWhenNotFinite(steps),
                    HistoryFile(job.network, folder, job.rows, task.columns),
                    *writing,
                    *watching,
                    StopTogether(),
                    progress,
                ]
            ),
            shuffle=False,  # `Steps` has shuffled already
            verbose=0,  # pyright: ignore[reportArgumentType]
        )
