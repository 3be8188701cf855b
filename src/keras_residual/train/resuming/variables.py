"""What a model is while it trains, as arrays by name, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual._keras import global_seed, layers_in, own_seeds
from keras_residual.common.errors import ForeignError
from keras_residual.common.wording import listed
from keras_residual.files.tensors import Arrays
from keras_residual.files.values import SEEDS
from keras_residual.train.distributed.hosts import hosts

Variables = dict[str, Any]
GLOBAL, METRICS = "seeds/global", "metrics/"
APART = (METRICS, "callbacks/", "chance/")


def weights_of(model: keras.Model) -> Variables:
    """Returns the weights of a model by their paths, moving statistics among them.

    A path that two weights share, as in nested models whose layers are called alike,
    gets a number behind it.

    Args:
        model: The model.
    """
    return _named((weight.path, weight) for weight in model.weights)


def training_of(model: keras.Model, *, metrics: bool = True) -> Variables:
    """Returns the variables that only training needs.

    They are the seeds of layers that draw, Keras's own generator of seeds if it is
    there, all that the optimizer keeps (its step, its rate, its slots, accumulated
    gradients, averaged weights), and the sums of the metrics.

    Args:
        model: A compiled model.
        metrics: Whether the metrics are among them; at the end of an epoch they begin
            anew.
    """
    found = [
        (f"seeds/{layer.path or layer.name}/{number}", seed)
        for layer in layers_in(model, itself=True)
        for number, seed in enumerate(own_seeds(layer))
    ]
    common = global_seed()
    if common is not None:
        found.append((GLOBAL, common))
    optimizer: Any = model.optimizer
    if optimizer is not None:
        if not optimizer.built:  # one that scales losses would begin its scale anew
            optimizer.build(model.trainable_variables)
        found += [(_of_optimizer(one.path), one) for one in optimizer.variables]
    return _named(found) | (_metrics_of(model) if metrics else {})


def arrays_of(variables: Mapping[str, Any]) -> Arrays:
    """Returns the values of variables.

    They may share memory with the variables: write them before the next step.

    Args:
        variables: Variables by name.
    """
    return {name: _value(variable) for name, variable in variables.items()}


@contextmanager
def as_ended(model: keras.Model) -> Iterator[None]:
    """Lets a model have, in a `with`, the weights that `fit` would leave it.

    They are their averages, where its optimizer keeps these. Several hosts would have
    to do it together, and there it is left.

    Args:
        model: A compiled model.
    """
    optimizer: Any = model.optimizer
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if hosts() > 1 or not getattr(inner, "use_ema", False):
        yield
        return
    before = [np.array(_value(one)) for one in model.trainable_weights]
    optimizer.finalize_variable_values(model.trainable_weights)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_weights, before, strict=True):
            variable.assign(value)


def sync(model: keras.Model) -> None:
    """Brings a model's variables up to date while `fit` runs.

    JAX keeps them elsewhere meanwhile.

    Args:
        model: The model.
    """
    bring = getattr(model, "jax_state_sync", None)
    if bring is not None:
        bring()


def give_back(
    model: keras.Model, weights: Arrays, training: Arrays | None = None
) -> None:
    """Gives a model what `weights_of` and `training_of` had of it.

    All is compared before the first variable is changed.

    Args:
        model: A model made and compiled as the one that was saved.
        weights: A value for each weight.
        training: A value for each other variable; None leaves them alone. What is of
            metrics and callbacks is given back once training begins.

    Raises:
        ForeignError: A name is missing or unknown, or a value of another shape or
            type.
    """
    pairs = [(weights_of(model), weights)]
    if training is not None:
        if GLOBAL in training:
            global_seed(make=True)
        others = training_of(model, metrics=False)
        if GLOBAL not in training:
            others.pop(GLOBAL, None)
        mine = {k: v for k, v in training.items() if not k.startswith(APART)}
        pairs.append((others, mine))
    for variables, arrays in pairs:
        _compare(variables, arrays)
    for variables, arrays in pairs:
        for name, variable in variables.items():
            variable.assign(arrays[name].astype(_value(variable).dtype))


def compute_metrics(model: Any, batch: tuple[Any, ...]) -> None:
    """Computes metrics once, so that they have their variables, and clears them.

    TensorFlow's would have none before the first step of `fit`.

    Args:
        model: A compiled model.
        batch: Values, labels and perhaps weights.
    """
    values, labels, *weights = batch
    weight = weights[0] if weights else None
    answers = model(values, training=False)
    model.compute_loss(values, labels, answers, weight, training=False)
    model.compute_metrics(values, labels, answers, weight)
    model.reset_metrics()


def give_metrics(model: keras.Model, training: Arrays) -> None:
    """Gives metrics the sums that they had within an epoch.

    Args:
        model: The model, whose metrics have been computed once, so that they have
            their variables.
        training: What `training_of` had of it; all but metrics is left alone.

    Raises:
        ForeignError: As in `give_back`.
    """
    variables = _metrics_of(model)
    sums = {name: one for name, one in training.items() if name in variables}
    _compare(variables, sums)
    for name, variable in variables.items():
        variable.assign(sums[name])


def _metrics_of(model: Any) -> Variables:
    # Their paths hold numbers that Keras counts up in a process.
    sums = enumerate(model.metrics_variables)
    return _named((f"{METRICS}{place}/{one.name}", one) for place, one in sums)


def _compare(variables: Variables, arrays: Arrays) -> None:
    for said, names in (
        ("is missing", variables.keys() - arrays.keys()),
        ("is of no variable of this model", arrays.keys() - variables.keys()),
    ):
        if names:
            raise ForeignError(f"{listed(sorted(names))} {said}")
    for name, variable in variables.items():
        array, own = arrays[name], _value(variable)
        # Whole numbers, of seeds and of steps, are of each backend's own type.
        alike = {str(array.dtype), str(own.dtype)} <= SEEDS
        if array.shape != own.shape or (array.dtype != own.dtype and not alike):
            raise ForeignError(
                f"{name} is {array.dtype} of shape {array.shape}, and in the model "
                f"{own.dtype} of shape {own.shape}"
            )


def _value(variable: Any) -> NDArray:
    return np.asarray(keras.ops.convert_to_numpy(variable))


def _of_optimizer(path: str) -> str:
    """Returns a path without the optimizer's own name, which Keras counts up."""
    return f"optimizer/{path.partition('/')[2] or path}"


def _named(found: Iterable[tuple[str, Any]]) -> Variables:
    named: Variables = {}
    seen: set[int] = set()
    for path, variable in found:
        if id(variable) in seen:
            continue
        seen.add(id(variable))
        name, number = path, 2
        while name in named:
            name, number = f"{path}#{number}", number + 1
        named[name] = variable
    return named
