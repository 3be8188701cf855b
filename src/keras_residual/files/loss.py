"""The loss that a model was compiled with, if it is one of Keras's own."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.files.allowed import LOSS_NAMES, LOSS_OBJECTS
from keras_residual.files.config import Config, objects, pair
from keras_residual.files.errors import IN_PYTHON, RefusedError, shown

# Lists, settings and losses: far more than a loss for each output.
MOST = 10_000


def find_loss(config: Config) -> Any:
    """Returns the loss in a description, or None where it is not one of Keras's own.

    Args:
        config: The description, before `clean`.
    """
    compiled = config.get("compile_config")
    loss = compiled.get("loss") if isinstance(compiled, dict) else None
    return loss if _known(loss) and _count(loss) <= MOST else None


def give_loss(model: keras.Model, loss: Any) -> None:
    """Compiles a model with a loss that `find_loss` returned, if it returned one.

    Args:
        model: The model.
        loss: The loss, as the file has it.

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


def _count(loss: Any) -> int:
    if isinstance(loss, dict):
        loss = list(loss.values())
    return 1 + sum(map(_count, loss)) if isinstance(loss, list) else 1


def _known(loss: Any) -> bool:
    if isinstance(loss, list):
        return all(map(_known, loss))
    if not isinstance(loss, dict):
        return loss is None or str(loss) in LOSS_NAMES
    if "class_name" not in loss:
        return all(map(_known, loss.values()))
    inside, registered = loss.get("config"), loss.get("registered_name")
    module, kind = pair(loss)
    name = str(inside) if kind == "function" else kind
    alone = not any(objects(inside))
    return alone and (module, name) in LOSS_OBJECTS and registered in (None, kind, name)
