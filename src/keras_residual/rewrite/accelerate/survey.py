"""Which layers of a model may be computed otherwise, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras


def layers_of(model: keras.Model) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Yields every layer of a model once, with the path to it; models themselves, too.

    Args:
        model: Any Keras model.

    Examples:
        >>> inner = keras.Sequential([keras.layers.ReLU(name="relu")], name="inner")
        >>> outer = keras.Sequential([inner], name="outer")
        >>> [path for path, _ in layers_of(outer)]
        ['outer', 'inner', 'inner/relu']
    """
    seen: set[int] = set()
    todo: list[tuple[str, Any]] = [(model.name, model)]
    while todo:
        path, layer = todo.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        yield path, layer
        inside = [*layer._flatten_layers(include_self=False, recursive=False)]
        prefix = "" if layer is model else f"{path}/"
        todo += [(f"{prefix}{one.name}", one) for one in reversed(inside)]


def why_not(layer: Any) -> str | None:
    """Says what stands against another computation of a layer that does Keras's own.

    Args:
        layer: A built-in Keras layer with weights.
    """
    if not layer.built:
        return "it is not built: it has no weights yet"
    if "call" in vars(layer):
        return "something else has replaced its call"
    if getattr(layer, "_remat_mode", None) is not None:
        return "it is rematerialised"
    if getattr(layer, "quantization_mode", None) is not None:
        return "it is quantised"
    return None


def why_not_norm(layer: keras.layers.BatchNormalization) -> str | None:
    """Says what stands against another computation of a batch normalisation.

    Args:
        layer: The layer.
    """
    if layer.synchronized:
        return "its statistics are synchronised between devices"
    if layer.renorm:
        return "it renormalises"
    return why_not(layer)
