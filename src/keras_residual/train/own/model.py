"""Trains a Keras model of one's own on data of one's own."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_residual.common.terminal import Console
from keras_residual.train.distributed.agreeing import together
from keras_residual.train.distributed.hosts import hosts, is_writer, shown
from keras_residual.train.distributed.sharing import Devices, Distribution, spread
from keras_residual.train.mistake import InputError
from keras_residual.train.network import optimizer_of
from keras_residual.train.own.batches import Batches, halves
from keras_residual.train.own.labels import COMPILE, fitted, task_of_labels
from keras_residual.train.own.trial import check_labels, must_be_finite, must_have_loss
from keras_residual.train.recipe import Recipe, paced, to_json
from keras_residual.train.report.page import write_model_report
from keras_residual.train.resuming.own_model import fingerprint_of, go_on, must_be
from keras_residual.train.resuming.standing import Standing
from keras_residual.train.run import Run, require_packages
from keras_residual.train.run_folder import OWN, RunFolder
from keras_residual.train.running import Epochs, run_epochs
from keras_residual.train.tasks import score_of


def fit_model(  # noqa: PLR0913 - what `fit` takes
    model: keras.Model,
    data: Any,
    recipe: Recipe | None = None,
    *,
    validation: Any = None,
    out: str | Path | None = None,
    resume: bool = False,
    console: Console | None = None,
    devices: Devices = None,
) -> Run:
    """Trains a model; see `keras_residual.train.fit`.

    Args:
        model: The model, compiled or not.
        data: What it learns from.
        recipe: How it is trained.
        validation: What it is judged on.
        out: The run folder to make.
        resume: Whether a run that is there is gone on with.
        console: Where progress is shown.
        devices: What it is trained on.

    Raises:
        InputError: Model, data or folder do not fit; nothing is written.
        PackageError: A package of the extra "train" is not installed.
        PeerError: One of several hosts could not begin, or is gone.
    """
    require_packages()
    distribution = spread(devices)
    given = (data, validation)
    with nullcontext() if out is None else RunFolder(out) as folder:
        with together("begin") as said:
            job = _begun(model, given, recipe, folder, resume, shown(console))
            said.extend(job.told())
        return _trained(job, distribution)


def _trained(job: _Job, distribution: Distribution | None) -> Run:
    model, folder, recipe, rows = job.model, job.folder, job.recipe, job.standing.rows
    if job.standing.epoch < recipe.epochs:
        _run(job, distribution)
    else:  # as `fit` does after the last epoch, where weights are averaged
        model.optimizer.finalize_variable_values(model.trainable_weights)
    with together("write the report"):
        if folder is not None and is_writer():
            write_model_report(folder, model, rows)
    path = folder and folder.path
    return Run(path, recipe, tuple(rows), _weights(model), metric=score_of(recipe.task))


@dataclass(frozen=True)
class _Job:
    """A run of a model of one's own, once all of it fits together."""

    model: keras.Model
    data: tuple[Batches, Batches]
    recipe: Recipe
    folder: RunFolder | None
    standing: Standing
    console: Console

    def told(self) -> list[str]:
        """Returns what has to be the same in every process."""
        place = f"{self.standing.epoch} {self.standing.done}"
        return [to_json(self.recipe.to_dict()), place, *_fingerprint(self.model)]


def _begun(
    model: keras.Model,
    given: tuple[Any, Any],
    recipe: Recipe | None,
    folder: RunFolder | None,
    resume: bool,
    console: Console,
) -> _Job:
    recipe = paced(recipe or Recipe())
    goes_on = resume and must_be(folder).is_run()
    if folder is not None and is_writer() and not goes_on:
        folder.refuse_existing()
    data, validation = given
    if validation is None:
        data, validation = halves(data, recipe.validation)
    size = {"batch_size": recipe.examples_a_step, "epochs": recipe.epochs}
    both = Batches(data, seed=recipe.seed, **size), Batches(validation, **size)
    keras.utils.set_random_seed(recipe.seed)
    recipe = _fitting(model, recipe, both, console)
    standing = Standing()
    if goes_on:
        standing = go_on(must_be(folder), model, recipe, both, console)
    elif folder is not None and is_writer():
        found = {"sha256": fingerprint_of(both)}
        folder.make()
        folder.create(recipe, backend=keras.config.backend(), data=found)
    return _Job(model, both, recipe, folder, standing, console)


def _fingerprint(model: keras.Model) -> Iterator[str]:
    """Yields a text a weight, where several hosts have to begin with equal ones."""
    for one in model.weights * (hosts() > 1):
        array = np.asarray(keras.ops.convert_to_numpy(one))
        yield hashlib.sha256(array.tobytes()).hexdigest()


def _fitting(
    model: keras.Model,
    recipe: Recipe,
    data: tuple[Batches, Batches],
    console: Console,
) -> Recipe:
    """Returns the settled recipe; what does not fit is refused, and nothing written."""
    answers = [_answers(model, batches.first()[0]) for batches in data]
    if model.compiled:
        said = "The model is compiled: its optimizer, loss and metrics are kept."
        console.print(said)
        recipe = replace(recipe, task=None)
    else:
        recipe = _compile(model, recipe, *data, answers[0])
        console.print(f"Training {model.name}; the labels say: {recipe.task}.")
    for batches in data:
        must_have_loss(model)
        check_labels(model, batches, answers[0])
        must_be_finite(model, batches)
    return replace(recipe, data=OWN, model=model.name)


def _weights(model: keras.Model) -> int:
    return sum(math.prod(one.shape) for one in model.trainable_weights)


def _answers(model: keras.Model, values: Any) -> Any:
    try:
        return model(values, training=False)
    except Exception as error:  # each backend has kinds of its own
        shapes = keras.tree.map_structure(lambda one: tuple(one.shape), values)
        takes = getattr(model, "input_shape", None) or "what its call says"
        write = "kr.train.fit(model, (x, y)), with an x for which model(x) works"
        if isinstance(shapes, tuple) and shapes == takes[1:]:
            write = "data.batch(32), or a loader that makes batches of single examples"
        raise InputError(
            "Data: the model does not take it.",
            given=f"a batch of shape {shapes}; {type(error).__name__}",
            needed=f"A batch has many examples. The model takes {takes}.",
            write=write,
        ) from error


def _compile(
    model: keras.Model, recipe: Recipe, steps: Batches, held_out: Batches, given: Any
) -> Recipe:
    if keras.tree.is_nested(given):
        raise InputError(
            "Data: several outputs have no loss yet.",
            given=f"a model that answers with a {type(given).__name__}",
            needed="The loss of one output follows from its labels.",
            write=COMPILE,
        )
    answers = np.asarray(keras.ops.convert_to_numpy(given))
    task = recipe.task or task_of_labels(steps.first()[1], answers)
    for batches in (steps, held_out):
        batches.learn(partial(fitted, task=task, shape=answers.shape[1:]))
    shares = _are_shares(answers, task)
    losses = {
        "classification": keras.losses.SparseCategoricalCrossentropy(not shares),
        "regression": keras.losses.Huber(),
        "multilabel": keras.losses.BinaryCrossentropy(not shares),
    }
    half = 0.5 if shares else 1e-30  # Keras wants a threshold above zero
    metrics = {
        "classification": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        "regression": [
            keras.metrics.MeanAbsoluteError(name="mae"),
            keras.metrics.R2Score(name="r2"),
        ],
        "multilabel": [keras.metrics.F1Score("macro", threshold=half, name="f1")],
    }
    optimizer = optimizer_of(recipe, model, len(steps))
    model.compile(optimizer, losses[task], metrics=metrics[task])
    return replace(recipe, task=task)


def _are_shares(answers: np.ndarray, task: str) -> bool:
    if task == "multilabel":
        return bool(((answers > 0) & (answers < 1)).all())
    return bool((answers >= 0).all() and np.allclose(answers.sum(-1), 1, atol=1e-3))


def _run(job: _Job, distribution: Distribution | None) -> None:
    steps, held_out = job.data
    run_epochs(
        Epochs(
            model=job.model,
            kept=job.model,
            steps=steps,
            batches=steps.stream,
            held_out=held_out,
            judged_on=held_out.stream,
            standing=job.standing,
            distribution=distribution,
            folder=job.folder,
            console=job.console,
            columns=None,
            score=f"val_{score_of(job.recipe.task)}",
            metrics=None,
            seed=job.recipe.seed,
            every=job.recipe.checkpoint_every,
        )
    )
