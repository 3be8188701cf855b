"""The loss in a description, if it is one of Keras's own: it says what outputs mean."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.files.allowed import LOSS_NAMES, LOSS_OBJECTS
from keras_residual.files.config import Config, is_listed, objects
from keras_residual.files.errors import IN_PYTHON, RefusedError, shown

# Lists, settings and losses: far more than a loss for each output.
MOST_LOSSES = 10_000


def find_loss(config: Config) -> Any:
    """Returns the loss in a description, or None where it is not one of Keras's own.

    Args:
        config: The description, before `clean`.
    """
    compiled = config.get("compile_config")
    loss = compiled.get("loss") if isinstance(compiled, dict) else None
    return loss if is_known_loss(loss) and _losses(loss) <= MOST_LOSSES else None


def give_loss(model: keras.Model, loss: Any) -> None:
    """Compiles a model with a loss that `find_loss` returned, if it returned one.

    Args:
        model: The model.
        loss: Its loss, in the words of a file.

    Raises:
        RefusedError: Keras cannot make it.
    """
    if loss is None:
        return
    try:
        model.compile(loss=keras.saving.deserialize_keras_object(loss))
    except Exception as error:  # Keras raises whatever its losses do
        raise RefusedError(
            "Keras cannot make its loss.",
            given=shown(error),
            needed="A loss has the arguments that Keras gives it.",
            write=f"model = {IN_PYTHON}; and pass the model",
        ) from error


def _losses(loss: Any) -> int:
    if isinstance(loss, dict):
        loss = list(loss.values())
    return 1 + sum(map(_losses, loss)) if isinstance(loss, list) else 1


def is_known_loss(loss: Any) -> bool:
    """Says whether a loss, or each of several, is one of Keras's own, or none.

    Args:
        loss: A name, an object, or lists and dicts of them.
    """
    if isinstance(loss, list):
        return all(map(is_known_loss, loss))
    if not isinstance(loss, dict):
        return loss is None or str(loss) in LOSS_NAMES
    if "class_name" not in loss:
        return all(map(is_known_loss, loss.values()))
    return not any(objects(loss.get("config"))) and is_listed(loss, LOSS_OBJECTS)
