"""The main job: data in, a run folder with a trained network out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
from rich.progress import Progress

from keras_residual.common.terminal import Console
from keras_residual.train.data import Dataset, largest_class, load
from keras_residual.train.data.load import whole_path
from keras_residual.train.data.reading import lines
from keras_residual.train.distributed.agreeing import together
from keras_residual.train.distributed.hosts import hosts, is_writer, shown
from keras_residual.train.distributed.sharing import (
    Devices,
    Distribution,
    made_on,
    spread,
)
from keras_residual.train.mistake import InputError
from keras_residual.train.network import check_model, make_network
from keras_residual.train.objective import class_weights, kept, learnable
from keras_residual.train.pipeline import Steps, stream
from keras_residual.train.recipe import Recipe, paced, to_json, versions
from keras_residual.train.report import write_report
from keras_residual.train.resuming.checkpoints import Checkpoints
from keras_residual.train.resuming.mending import mend
from keras_residual.train.resuming.standing import Standing, restore
from keras_residual.train.resuming.variables import compute_metrics
from keras_residual.train.run import Run, require_packages
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.running import Epochs, run_epochs
from keras_residual.train.tasks import task_of
from keras_residual.train.watching import watch_units
from keras_residual.transforms.accelerate import accelerate


@dataclass(frozen=True)
class Job:
    """A run, once its data is read and its network made.

    Args:
        folder: The run folder.
        recipe: The settled recipe.
        dataset: The data.
        network: What learns.
        kept: The form of it that is saved.
        standing: Where the run stands.
        console: Where progress is shown.
        distribution: What it is trained on; None is one device.
    """

    folder: RunFolder
    recipe: Recipe
    dataset: Dataset
    network: keras.Model
    kept: keras.Model
    standing: Standing
    console: Console
    distribution: Distribution | None = None

    def told(self) -> list[str]:
        """Returns what has to be the same in every process."""
        found = to_json(versions("jax")) if hosts() > 1 else ""
        return [to_json(self.recipe.to_dict()), str(self.dataset.fingerprint), found]


def fit_recipe(
    recipe: Recipe,
    out: str | Path,
    *,
    console: Console | None = None,
    devices: Devices = None,
    ready: Callable[[Dataset], None] | None = None,
) -> Run:
    """Trains a network and writes its run folder.

    Args:
        recipe: What to train, and how.
        out: The run folder to make.
        console: Where progress is shown. Nowhere by default.
        devices: What to train on; see `keras_residual.train.fit`.
        ready: Called once all fits together, before anything is written.

    Returns:
        The finished run.

    Raises:
        InputError: The recipe, the data or the folder does not fit; nothing is written.
        PackageError: A package of the extra "train" is not installed.
        DivergedError: The loss or a weight became infinite or no number; the folder
            holds the last checkpoint.
        PeerError: One of several hosts could not begin, or is gone.
    """
    require_packages()
    distribution = spread(devices)
    with RunFolder(out) as folder:
        with together("begin") as said:
            job = _begun(recipe, folder, shown(console), distribution, ready)
            said.extend(job.told())
        return train(job)


def _begun(
    recipe: Recipe,
    folder: RunFolder,
    console: Console,
    distribution: Distribution | None,
    ready: Callable[[Dataset], None] | None,
) -> Job:
    if is_writer():
        folder.refuse_existing()
    if recipe.model is not None:
        check_model(recipe.model)
    dataset = load_data(recipe, console)
    recipe = settle(recipe, dataset)
    keras.utils.set_random_seed(recipe.seed)
    with made_on(distribution):
        network = make_network(recipe, dataset)
    if ready is not None:
        ready(dataset)
    if is_writer():
        found = _describe(dataset)
        folder.make()
        folder.create(recipe, backend=keras.config.backend(), data=found)
    console.print(
        f"Training {recipe.model} on {dataset.name}; files go to {folder.path}."
    )
    file = kept(network, dataset)
    begun = Standing()
    return Job(folder, recipe, dataset, network, file, begun, console, distribution)


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
    class_weights(recipe, dataset)
    recipe = paced(
        recipe, len(dataset.train.labels) if dataset.kind == "table" else None
    )
    return replace(
        recipe,
        data=whole_path(recipe.data),
        task=dataset.task,
        model=model,
        augment=augment,
    )


def load_data(recipe: Recipe, console: Console) -> Dataset:
    """Reads the data of a recipe, and says what was read.

    Args:
        recipe: Names the data.
        console: Where it is said.
    """
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


def steps_of(recipe: Recipe, dataset: Dataset) -> Steps:
    """Returns the steps of a run.

    Args:
        recipe: The settled recipe.
        dataset: Its data.
    """
    return Steps(
        learnable(dataset).train,
        batch_size=recipe.examples_a_step,
        epochs=recipe.epochs,
        seed=recipe.seed,
        how=str(recipe.augment),
        weights=class_weights(recipe, dataset),
    )


def train(job: Job) -> Run:
    """Trains, from where a run stands, and writes its report.

    Args:
        job: The run.
    """
    recipe, standing = job.recipe, job.standing
    unfinished = standing.epoch < recipe.epochs
    if unfinished and recipe.accelerate:
        _accelerate(job)
    # As the run began: what is accelerated was chosen on the first weights.
    checkpoints = Checkpoints(job.folder.checkpoints)
    restore(checkpoints, job.network, standing)
    if is_writer():
        mend(job.folder, job.network, job.kept, standing, job.console.print)
    if unfinished:
        _run_epochs(job)
    with together("write the report"):
        if is_writer():
            write_report(job.folder, job.kept, job.dataset, recipe)
    weights = job.network.trainable_weights
    return Run(
        folder=job.folder.path,
        recipe=recipe,
        rows=tuple(standing.rows),
        parameters=sum(math.prod(weight.shape) for weight in weights),
        left_out=job.dataset.left_out,
        largest_class=largest_class(job.dataset),
        metric=task_of(job.dataset.task).score,
    )


def _accelerate(job: Job) -> None:
    if job.distribution is not None:
        job.console.print("Computing as Keras does: our kernels are for one device.")
        return
    try:
        accelerate(job.network)
    except ValueError as error:  # the network is as it was: slower, not wrong
        job.console.print(f"Computing as Keras does. {error}")


def _run_epochs(job: Job) -> None:
    recipe, task = job.recipe, task_of(job.dataset.task)
    steps = steps_of(recipe, job.dataset)
    test = learnable(job.dataset).test
    held_out = Steps(test, batch_size=steps.batch_size, epochs=steps.epochs)
    every = recipe.monitor
    if job.standing.done:
        compute_metrics(job.network, steps[0])
    run_epochs(
        Epochs(
            model=job.network,
            kept=job.kept,
            steps=steps,
            batches=partial(stream, steps),
            held_out=held_out,
            judged_on=partial(stream, held_out),
            standing=job.standing,
            distribution=job.distribution,
            folder=job.folder,
            console=job.console,
            columns=task.columns,
            score=f"val_{task.score}",
            metrics=task.metrics,
            seed=recipe.seed,
            every=recipe.checkpoint_every,
            watching=[watch_units(job.folder, job.dataset, every)] if every else [],
        )
    )
