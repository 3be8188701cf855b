"""Trains a Keras model of one's own on data of one's own."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_residual.read.terminal import Console
from keras_residual.train.callbacks import (
    Checkpoint,
    HistoryFile,
    ShowProgress,
    StopWhenNotFinite,
)
from keras_residual.train.mistake import InputError
from keras_residual.train.network import optimizer_of
from keras_residual.train.own_batches import Batches, halves
from keras_residual.train.recipe import Recipe, paced
from keras_residual.train.report.own_model import write_model_report
from keras_residual.train.run import Run
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import task_of

COMPILE = "model.compile(optimizer, loss), with the loss that is meant"


def fit_model(
    model: keras.Model,
    data: Any,
    recipe: Recipe | None = None,
    *,
    validation: Any = None,
    out: str | Path | None = None,
    console: Console | None = None,
) -> Run:
    """Trains a model; see `keras_residual.train.fit`.

    Args:
        model: The model, compiled or not.
        data: What it learns from.
        recipe: How it is trained.
        validation: What it is judged on.
        out: The run folder to make.
        console: Where progress is shown.

    Raises:
        InputError: Model, data or folder do not fit; nothing is written.
    """
    recipe, console = paced(recipe or Recipe()), console or Console(quiet=True)
    folder = None if out is None else RunFolder(out)
    if folder is not None:
        folder.refuse_existing()
    if validation is None:
        data, validation = halves(data, recipe.validation)
    size = {"batch_size": recipe.examples_a_step, "epochs": recipe.epochs}
    steps = Batches(data, seed=recipe.seed, **size)
    held_out = Batches(validation, **size)
    for batches in (steps, held_out):
        batches.first()  # what cannot be read is refused before anything is written
    keras.utils.set_random_seed(recipe.seed)
    recipe = _compiled(model, recipe, steps, console)
    recipe = replace(recipe, data="own", model=model.name)
    if folder is not None:
        folder.create(recipe, backend=keras.config.backend(), data={"sha256": ""})
    rows = _run(model, steps, held_out, recipe, folder, console)
    if folder is not None:
        write_model_report(folder, model, rows)
    weights = sum(math.prod(one.shape) for one in model.trainable_weights)
    path = None if folder is None else folder.path
    return Run(path, recipe, tuple(rows), weights, metric=_metric(recipe))


def _metric(recipe: Recipe) -> str:
    return task_of(recipe.task).score if recipe.task else "loss"


def _compiled(
    model: keras.Model, recipe: Recipe, steps: Batches, console: Console
) -> Recipe:
    if model.compiled:
        said = "The model is compiled: its optimizer, loss and metrics are kept."
        console.print(said)
        return replace(recipe, task=None)
    recipe = _compile(model, recipe, steps)
    console.print(f"Training {model.name}; the labels say: {recipe.task}.")
    return recipe


def _compile(model: keras.Model, recipe: Recipe, steps: Batches) -> Recipe:
    values, labels = steps.first()[:2]
    answers: Any = keras.ops.convert_to_numpy(model(values, training=False))
    truth = np.asarray(keras.ops.convert_to_numpy(labels))
    task = recipe.task or _task(truth, answers)
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


def _task(truth: np.ndarray, answers: np.ndarray) -> str:
    whole = truth.dtype.kind in "iu" and truth.ndim == 1
    if whole and answers.ndim == 2 and answers.shape[1] > max(1, truth.max()):
        return "classification"
    binary = bool(np.isin(truth, (0, 1)).all())
    if truth.dtype.kind == "f" and truth.shape == answers.shape and not binary:
        return "regression"
    raise InputError(
        "Data: the labels may mean several things.",
        given=f"labels of shape {truth.shape}, {truth.dtype}, and outputs of shape "
        f"{answers.shape}",
        needed="Whole numbers (n,) are classes, an output for each; floats of the "
        "shape of the outputs are targets.",
        write=f"Recipe(task='multilabel'), or {COMPILE}",
    )


def _are_shares(answers: np.ndarray, task: str) -> bool:
    if task == "multilabel":
        return bool(((answers > 0) & (answers < 1)).all())
    return bool((answers >= 0).all() and np.allclose(answers.sum(-1), 1, atol=1e-3))


def _run(
    model: keras.Model,
    steps: Batches,
    held_out: Batches,
    recipe: Recipe,
    folder: RunFolder | None,
    console: Console,
) -> list[dict[str, float]]:
    rows: list[dict[str, float]] = []
    progress = ShowProgress(console, steps, metrics=None)
    saving = []
    if folder is not None:
        saving = [Checkpoint(model, folder, rows, f"val_{_metric(recipe)}")]
    with progress.bar:
        model.fit(
            steps.stream(),
            epochs=steps.epochs,
            steps_per_epoch=steps.per_epoch,
            validation_data=held_out.stream(),
            validation_steps=held_out.per_epoch,
            callbacks=[
                StopWhenNotFinite(steps),
                HistoryFile(model, folder, rows, None),
                *saving,
                progress,
            ],
            shuffle=False,  # `Batches` has shuffled already
            verbose=0,  # pyright: ignore[reportArgumentType]
        )
    return rows
