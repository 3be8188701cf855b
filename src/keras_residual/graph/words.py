"""Whether the backend has tensors of words."""

from __future__ import annotations

from collections.abc import Iterable

import keras

from keras_residual.common.errors import ResidualError


def need_words(inputs: Iterable[tuple[str, str]], where: str) -> None:
    """Refuses a model that reads words where the backend has none.

    Args:
        inputs: The name and the dtype of each input.
        where: Begins the message.

    Raises:
        ResidualError: One of them is of words, and this is not TensorFlow.
    """
    words = [name for name, dtype in inputs if dtype == "string"]
    if words and keras.config.backend() != "tensorflow":
        raise ResidualError(
            f"{where}: it reads words, and nothing runs it here.",
            given=f"input {words[0]!r}, with Keras on {keras.config.backend()}",
            needed="Keras has tensors of words on TensorFlow alone.",
            write="KERAS_BACKEND=tensorflow in front of the command",
            option="--backend tensorflow",
        )
