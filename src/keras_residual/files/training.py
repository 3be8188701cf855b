"""Makes an opened model ready to train on: compiled, with its optimizer's state."""

from __future__ import annotations

import copy
import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import h5py
import keras
import numpy as np

from keras_residual._keras_replaced import optimizers_declared
from keras_residual.files.compiled import ANEW, PARTS
from keras_residual.files.config import Config
from keras_residual.files.errors import DAMAGED, RefusedError, shown
from keras_residual.files.values import SEEDS, WHOLE, check_numbers
from keras_residual.files.weights import Held, damaged, numbers

# Keras puts it around the optimizer where its policy of the moment is mixed_float16.
SCALES = keras.optimizers.LossScaleOptimizer
Spared = Callable[[keras.Model], Sequence[keras.Variable]]
_STATE = re.compile(r"/optimizer/vars/(\d{1,6})", re.ASCII)
_WRAPPED = "/optimizer/inner_optimizer/"
# All else that optimizers keep counts, or is a mean of squares.
_SIGNED = (
    "average",
    "average_gradient",
    "gradient_accumulator",
    "learning_rate",
    "linear",
    "momentum",
)


class Training:
    """How a model was compiled, and what its optimizer knew, as a file holds it."""

    def __init__(
        self,
        compiled: Config,
        weights: io.BytesIO,
        held: Held,
        without_decay: Spared | None,
    ) -> None:
        """Reads the arrays of the optimizer; they are not larger than the file.

        Args:
            compiled: How it was compiled, as `find_compiled` returned it.
            weights: An HDF5 file that was checked.
            held: Its arrays.
            without_decay: Returns the weights that weight decay leaves alone.
        """
        self._compiled, self._without_decay = compiled, without_decay
        self._wrapped = any(name.startswith(_WRAPPED) for name, *_ in held)
        self._begun: list[Any] = []
        places = {
            int(match[1]): (name, dtype)
            for name, _, dtype in held
            if (match := _STATE.fullmatch(name))
        }
        try:
            with h5py.File(weights, "r") as file:
                self._state = [
                    numbers(np.asarray(file[name]), dtype)
                    for _, (name, dtype) in sorted(places.items())
                ]
        except OSError as error:  # what HDF5 finds damaged only when it reads it
            raise damaged(error) from error

    def compile(self, model: keras.Model) -> keras.Model:
        """Compiles a model; its optimizer has its variables, and not yet their values.

        Args:
            model: The model, or one for show, which takes no memory.

        Raises:
            RefusedError: The state in the file is that of another optimizer.
        """
        try:
            with optimizers_declared():
                self._compile(model)
        except Exception as error:  # Keras raises whatever its optimizers do
            raise RefusedError(
                "Keras cannot compile it as the file says.",
                given=shown(error),
                needed="Each piece has the settings that Keras gives it.",
                write=ANEW,
            ) from error
        self._slots(model)
        return model

    def _compile(self, model: keras.Model) -> None:
        settings = copy.deepcopy(self._compiled)  # Keras takes pieces out of it
        for name in PARTS & settings.keys():
            settings[name] = keras.saving.deserialize_keras_object(settings[name])
        # True would have PyTorch run a compiler; "auto" is what Keras does elsewhere.
        settings["jit_compile"] = "auto" if settings.get("jit_compile") else False
        made = settings.get("optimizer")
        if self._wrapped and not isinstance(made, SCALES):
            settings["optimizer"] = SCALES(made, name="loss_scale_optimizer")
        model.compile(**settings, auto_scale_loss=False)
        optimizer: Any = model.optimizer
        if optimizer is not None:
            spare(model, self._without_decay)
            self._begun = optimizer.variables
            optimizer.build(model.trainable_variables)

    def fill(self, model: keras.Model, allow_not_finite: bool) -> None:
        """Gives the optimizer of a compiled model its state.

        Args:
            model: What `compile` returned.
            allow_not_finite: Whether numbers are taken as they are.

        Raises:
            RefusedError: A number is not finite, or below zero where none can be.
        """
        for variable, values in zip(self._slots(model), self._state, strict=True):
            if not allow_not_finite:
                _check_state(variable, values)
            variable.assign(values)

    def _slots(self, model: keras.Model) -> list[Any]:
        """Returns the variables that the arrays are for, which they fit."""
        optimizer = model.optimizer
        slots = [] if optimizer is None else optimizer.variables
        if len(self._state) == len(self._begun):
            slots = self._begun  # it was saved before its first step
        if len(slots) != len(self._state):
            raise _another(f"{len(self._state)} arrays for {len(slots)} variables")
        for variable, values in zip(slots, self._state, strict=True):
            needs, dtype = tuple(variable.shape), str(variable.dtype)
            alike = dtype == str(values.dtype) or {dtype, str(values.dtype)} <= SEEDS
            if needs != values.shape or not alike:
                raise _another(
                    f"{shown(variable.path)}: {values.dtype} {values.shape} for "
                    f"{dtype} {needs}"
                )
        return slots


def spare(model: keras.Model, without_decay: Spared | None) -> None:
    """Tells an optimizer which weights its decay leaves alone.

    Args:
        model: Compiled.
        without_decay: Returns these weights; None if nobody said.
    """
    optimizer = _inner(model)
    if without_decay is not None and optimizer is not None:
        optimizer.exclude_from_weight_decay(var_list=list(without_decay(model)))


def warn_of_decay(model: keras.Model, without_decay: Spared | None) -> None:
    """Warns of weight decay, of which a file does not say what it leaves alone.

    Args:
        model: Opened.
        without_decay: What the caller said of it.
    """
    decay = getattr(_inner(model), "weight_decay", None)
    if decay and without_decay is None:
        warnings.warn(
            f"Weight decay of {decay} is for every weight now: Keras does not save "
            "which ones it left alone. Write: kr.load_model(path, "
            "without_decay=kr.no_decay), or without_decay=lambda model: [] if there "
            "were none.",
            stacklevel=3,
        )


def _inner(model: keras.Model) -> Any:
    optimizer: Any = getattr(model, "optimizer", None)
    return getattr(optimizer, "inner_optimizer", optimizer)


def _check_state(variable: Any, values: np.ndarray) -> None:
    check_numbers(variable.path, values)
    if variable.name.endswith(_SIGNED) or not values.size:
        return
    whole = values.dtype.kind in "iu"
    most = np.iinfo(str(variable.dtype)).max if whole else np.inf
    if values.min() < 0 or values.max() > most:
        raise RefusedError(
            "a number of its optimizer is impossible.",
            given=f"{shown(variable.path)}: {values.min():g} to {values.max():g}",
            needed="Counters and means of squares are zero or more, and fit their "
            "type.",
            write=f"{WHOLE}, or {ANEW}",
        )


def _another(given: str) -> RefusedError:
    return RefusedError(
        "the state of its optimizer is that of another.",
        given=given,
        needed="An optimizer goes on with the state that it was saved with.",
        write=f"{DAMAGED}; or {ANEW}",
    )
