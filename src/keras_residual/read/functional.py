"""The graph that a model holds, or why it holds none."""

from __future__ import annotations

from typing import Any

import keras


def function_of(model: Any) -> keras.Function:
    """Returns the graph of a model, or says why there is none."""
    if not isinstance(model, (keras.Model, keras.Function)):
        msg = (
            "Residual connections are read from a Keras model. "
            f"Got {type(model).__name__}: {model!r:.80}. "
            "Load a file first:  keras.saving.load_model(path)"
        )
        raise TypeError(msg)
    function = inner_graph(model)
    if function is None:
        raise ValueError(_no_graph(model))
    return function


def _no_graph(model: keras.Model) -> str:
    if isinstance(model, keras.Sequential):
        return (
            f'Sequential model "{model.name}" is not built, so it has no graph yet.\n'
            "A graph needs an input shape. Give it one:  model.build((None, 32, 32, 3))"
        )
    return (
        f'Model "{model.name}" has no graph: {type(model).__name__} is a subclass of '
        "keras.Model, whose call() is code that only runs.\n"
        "Residual connections are read from a graph of Keras operations. Where its "
        "layers take Keras tensors, trace one call:\n"
        "  inputs = keras.Input((32, 32, 3))\n"
        "  model = keras.Model(inputs, model.call(inputs))"
    )


def inner_graph(operation: Any) -> keras.Function | None:
    """Returns the graph of a model that has one."""
    if isinstance(operation, keras.Sequential):
        return getattr(operation, "_functional", None)
    return operation if isinstance(operation, keras.Function) else None
