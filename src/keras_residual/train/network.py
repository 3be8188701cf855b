"""The network of a recipe, with its loss, optimizer and schedule; all Keras's own."""

from __future__ import annotations

import warnings

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import first_sentence
from keras_residual.compose import models
from keras_residual.compose.layout import FIRST, convolves, other_layout
from keras_residual.compose.models.own import NetworkError
from keras_residual.files.opening import restore
from keras_residual.graph.decay import no_decay
from keras_residual.train import objective
from keras_residual.train.data import Dataset
from keras_residual.train.mistake import InputError, no_network
from keras_residual.train.pipeline import steps_per_epoch
from keras_residual.train.recipe import Recipe
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.scaling import Normaliser

WARM_UP = 0.1  # of all steps


def make_network(recipe: Recipe, dataset: Dataset) -> keras.Model:
    """Builds and compiles the network of a recipe.

    The values are normalised inside the model, so that `model.keras` takes raw pixels
    and nobody who loads it has to know what it was trained with.

    Args:
        recipe: Names the model and its parts.
        dataset: Decides the input's shape, the size of the output and the statistics.

    Returns:
        A compiled model from raw values to logits, or to targets in deviations.

    Raises:
        InputError: The model is unknown, or does not take this shape; the backend
            does not run Keras's layout on this machine.
    """
    inputs = keras.Input(dataset.train.shape, name="values")
    normal = Normaliser.of(dataset.train).normal(inputs)
    values = _in_layout(normal)
    inner = _core(recipe, dataset, values.shape[1:])
    network = keras.Model(inputs, inner(values), name="network")
    steps = steps_per_epoch(dataset.train, recipe.examples_a_step) * recipe.epochs
    network.compile(
        optimizer=optimizer_of(recipe, network, steps),
        loss=objective.loss(dataset.task),
        metrics=objective.metrics(dataset),
        jit_compile=_compiles(),  # pyright: ignore[reportArgumentType]
    )
    return network


def core(network: keras.Model) -> keras.Model:
    """Returns the residual network inside a network that takes raw values.

    Args:
        network: What `make_network` returned, or its saved file loaded.
    """
    inner = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    return inner[0]


def restore_network(network: keras.Model, folder: RunFolder) -> None:
    """Gives a network the weights and the optimizer's state of a run.

    Args:
        network: As the run's recipe and data make it, in the form that is saved.
        folder: The run folder.

    Raises:
        InputError: `model.keras` is damaged, or of another network.
    """
    try:
        restore(network, folder.model)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Run folder {folder.path}: the network cannot be loaded.",
            given=error,
            needed="model.keras is what a run saved after an epoch, whole.",
            write="--out with another folder, to train anew",
        ) from error


def check_model(name: str) -> None:
    """Refuses a model's name that is unknown.

    Args:
        name: The name.

    Raises:
        InputError: Names the nearest models.
    """
    if name not in models.names():
        raise no_network(name, models.names())


def _in_layout(values: keras.KerasTensor) -> keras.KerasTensor:
    """Returns values in Keras's layout; data has its channels last, however set."""
    rank = len(values.shape) - 2
    if not rank or keras.config.image_data_format() != FIRST:
        return values
    dtype = keras.config.dtype_policy().compute_dtype
    if not convolves("conv", rank, dtype):
        instead = '"image_data_format": "channels_last" in keras.json'
        raise InputError(
            "Layout: a network cannot be trained in it here.",
            **other_layout(dtype, instead),
        )
    order = (rank + 1, *range(1, rank + 1))
    return keras.layers.Permute(order, name="layout")(values)


def _reason(error: Exception) -> str:
    """Returns why a model was refused, without what to write where it is built."""
    if isinstance(error, ResidualError):
        return f"{error.where}\n{error.needed}".strip()
    return first_sentence(error)


def _demand_parts(recipe: Recipe) -> None:
    """Refuses parts that do not fit the network, whatever the data."""
    if not recipe.parts:
        return
    try:
        models.build(str(recipe.model), **recipe.parts)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Model {recipe.model}: its parts do not fit.",
            given=f"parts={recipe.parts!r:.200}",
            needed=_reason(error),
            write=getattr(error, "write", "") or "parts={}",
        ) from error


def _core(
    recipe: Recipe, dataset: Dataset, shape: tuple[int | None, ...]
) -> keras.Model:
    name = str(recipe.model)
    try:
        with warnings.catch_warnings():  # what was read is said already
            warnings.filterwarnings("ignore", "models.build: input_shape")
            model = models.build(
                name, input_shape=shape, classes=len(dataset.classes), **recipe.parts
            )
    except NetworkError:
        raise  # the network's own fault, whatever the data
    except (TypeError, ValueError) as error:
        _demand_parts(recipe)
        raise InputError(
            f"Model {name}: it does not take this data.",
            given=f"examples of shape {dataset.train.shape}",
            needed=f"{_reason(error)}\n"
            "A model is built for the rank and the size of the examples.",
            write='Recipe(model="tabular_resnet") for a table, "resnet8" for anything '
            "else, and fit(...)",
            option="keras-residual train --model tabular_resnet for a table, resnet8 "
            "for anything else",
        ) from error
    if isinstance(model.output_shape, tuple) and len(model.output_shape) > 2:
        raise InputError(
            f"Model {name}: it answers for each place of an example.",
            given=f"an output of shape {model.output_shape}, and a label an example",
            needed="Training by name takes one answer for each example.",
            write='Recipe(model="resnet8")',
            option="keras-residual train --model resnet8",
        )
    return model


def optimizer_of(
    recipe: Recipe, network: keras.Model, steps: int
) -> keras.optimizers.Optimizer:
    """Returns the optimizer of a recipe: warm-up, cosine, decay of kernels only.

    Args:
        recipe: Learning rate and decay.
        network: Whose weights are trained.
        steps: Of the whole run.
    """
    warm_up = max(1, round(WARM_UP * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.highest_rate / 10,
        warmup_target=recipe.highest_rate,
        warmup_steps=warm_up,
        decay_steps=max(1, steps - warm_up),
    )
    optimizer = keras.optimizers.SGD(
        schedule,  # pyright: ignore[reportArgumentType]
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
        gradient_accumulation_steps=recipe.accumulate,
    )
    optimizer.exclude_from_weight_decay(var_list=no_decay(network))
    return optimizer


def _compiles() -> bool | str:
    # On a CPU, XLA takes 336 ms for the demo's step where TensorFlow's own kernels
    # take 129 (2 cores, TensorFlow 2.21), and compiles anew for each batch size.
    return False if keras.config.backend() == "tensorflow" else "auto"
