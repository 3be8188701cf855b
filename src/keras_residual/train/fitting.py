"""The front door of training: a recipe, or a model and data of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Never, overload

import keras

from keras_residual.common.terminal import Console
from keras_residual.common.wording import listed
from keras_residual.compose.arguments import checked, demand
from keras_residual.train.distributed.sharing import Devices
from keras_residual.train.mistake import InputError
from keras_residual.train.own.model import fit_model
from keras_residual.train.recipe import Recipe
from keras_residual.train.run import Run
from keras_residual.train.run_folder import OWN
from keras_residual.train.training import fit_recipe


@overload
def fit(
    model: Recipe,
    data: str | Path,
    *,
    console: Console | None = None,
    devices: Devices = None,
) -> Run: ...


@overload
def fit(
    model: keras.Model,
    data: Any,
    recipe: Recipe | None = None,
    *,
    validation: Any = None,
    out: str | Path | None = None,
    resume: bool = False,
    console: Console | None = None,
    devices: Devices = None,
) -> Run: ...


@checked
def fit(  # noqa: PLR0913 - all that a run depends on
    model: Any,
    data: Any = None,
    recipe: Recipe | None = None,
    *,
    validation: Any = None,
    out: str | Path | None = None,
    resume: bool = False,
    console: Console | None = None,
    devices: Devices = None,
) -> Run:
    """Trains a network: `fit(recipe, out)`, or `fit(model, data)` with your own.

    A recipe names model and data, and a run folder is written. A model of your own
    that is compiled keeps its optimizer, loss and metrics, and a recipe says epochs,
    batch size and seed. One that is not compiled gets the recipe's optimizer and
    schedule, and the loss and metrics of its task.

    Args:
        model: A recipe, or a Keras model of your own.
        data: With a recipe, the run folder to make. With a model `(x, y)`, or batches
            of these: a PyDataset, tf.data, grain, a PyTorch DataLoader or any iterable
            that can be read again.
        recipe: How a model of your own is trained, `Recipe()` by default. What it would
            say of files or of networks of ours is refused.
        validation: What a model of your own is judged on, in any form of `data`. By
            default the recipe's share of arrays.
        out: The run folder to make for a model of your own. None is made by default.
        resume: Goes on with the run in `out` where one began there, from its newest
            checkpoint; model, data and recipe are given again, made as before. Of
            arrays and a PyDataset the finished run is the one that it would have
            been, to the last bit. Of other batches it is, if each reading brings the
            same batches. A run of a recipe is gone on with by `kr.train.resume`.
        console: Where progress is shown. Nowhere by default.
        devices: On JAX, what shares each batch: "all" devices, a number of them, or a
            `keras.distribution` of your own, such as a `ModelParallel` for a network
            that one device cannot hold. One by default, or all where `join_hosts` was
            called. The result is that of one device.

    Returns:
        The finished run.

    Raises:
        InputError: Recipe, model, data or folder do not fit; nothing is written.
        PackageError: A package of the extra "train" is not installed.
        DivergedError: The loss or a weight became infinite or no number; a folder
            holds the last checkpoint.
        PeerError: One of several hosts could not begin, or is gone.
        SaveError: A file could not be written; what was saved before is whole.
        KeyboardInterrupt: Ctrl-C, once the step at hand is done and saved. A second
            one ends at once.
        SystemExit: SIGTERM or SIGHUP, with the code 143 or 129; likewise.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> x, y = np.random.rand(40, 4), np.arange(40) % 3
        >>> run = fit(model, (x, y), Recipe(epochs=2, batch_size=16))
        >>> len(run.rows), run.recipe.task
        (2, 'classification')
    """
    if isinstance(model, Recipe):
        folder = out if data is None else data
        demand("fit", "data", "str | Path", folder)
        others = {"recipe": recipe, "validation": validation, "out": data and out}
        others["resume"] = resume or None
        if more := [name for name, one in others.items() if one is not None]:
            _refuse(f"a recipe, and {', '.join(more)} beside it")
        how: Any = {"console": console, "devices": devices}
        return fit_recipe(model, folder, **how)  # pyright: ignore
    if not isinstance(model, keras.Model):
        _refuse(f"{model!r:.80}")
    _must_be_heard(recipe or Recipe())
    if isinstance(validation, float):
        raise InputError(
            "Fit: the share that is held out is the recipe's.",
            given=f"validation={validation!r}",
            needed="`validation` is data that the model is judged on.",
            write=f"recipe=Recipe(validation={validation!r})",
        )
    how: Any = {"validation": validation, "out": out, "resume": resume}
    return fit_model(model, data, recipe, **how, console=console, devices=devices)


_OF_FILES = [
    *("data", "model", "parts", "augment", "class_weight", "label", "header"),
    *("separator", "layout", "background", "image_size", "skip_bad", "monitor"),
]
"""What a recipe says of data that we read, and of networks that we make."""


def _must_be_heard(recipe: Recipe) -> None:
    """Refuses what a recipe says in vain beside a model and data of one's own."""
    plain = Recipe()
    vain = [each for each in _OF_FILES if getattr(recipe, each) != getattr(plain, each)]
    if recipe.data == OWN:  # settled by an earlier run of a model of one's own
        vain = [each for each in vain if each not in ("data", "model")]
    if not vain:
        return
    weighted = "; a weight for each example stands in (x, y, weights)"
    raise InputError(
        "Fit: the recipe says what does not hold of a model and data of your own.",
        given=", ".join(f"{each}={getattr(recipe, each)!r:.80}" for each in vain),
        needed="It says how files are read and which network is made; here both are "
        "yours.",
        write=f"kr.train.fit(model, (x, y), recipe), without {listed(vain)} in recipe"
        f"{weighted if 'class_weight' in vain else ''}",
    )


def _refuse(given: str) -> Never:
    raise InputError(
        "Fit: this is neither a recipe and a folder nor a model and data.",
        given=given,
        needed="A recipe names its model and its data. All else is said of a model.",
        write="kr.train.fit(Recipe(data='digits'), 'runs/one') or fit(model, (x, y))",
    )
