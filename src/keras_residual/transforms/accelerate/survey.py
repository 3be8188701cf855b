"""Which layers of a model may be computed otherwise, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from keras_residual._keras import calls_of, layers_in, rematerialised


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
        inside = [*layers_in(layer, deep=False)]
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
    if rematerialised(layer):
        return "it is rematerialised"
    if getattr(layer, "quantization_mode", None) is not None:
        return "it is quantised"
    if getattr(layer, "lora_enabled", False):
        return "its kernel is a sum: LoRA is enabled"
    return None


def is_plain(layer: keras.layers.Layer) -> bool:
    """Says whether a layer is a convolution of float32 pixels, and no more than that.

    Args:
        layer: Any layer; a subclass may do anything.
    """
    return (
        type(layer) is keras.layers.Conv2D
        and layer.data_format == "channels_last"
        and layer.groups == 1
        and layer.dilation_rate == (1, 1)
        and layer.compute_dtype == layer.variable_dtype == "float32"
    )


def makes_few_pixels(layer: Any, most: int) -> bool:
    """Says whether a graph's every result of a layer is known to be a small image.

    Args:
        layer: A layer whose results have rows and columns.
        most: How many pixels it may have.
    """
    made = [tensor for node in calls_of(layer) for tensor in node.outputs]
    sizes = [tensor.shape[1:3] for tensor in made]
    return bool(sizes) and all(
        None not in size and size[0] * size[1] <= most for size in sizes
    )


def sizes_into(layer: Any) -> set[tuple]:
    """Returns the sizes of the images that a graph's calls give a layer.

    Args:
        layer: A layer of one input, whose images have rows, columns or more.
    """
    given = [node.input_tensors[0].shape for node in calls_of(layer)]
    last = layer.data_format == "channels_last"
    return {shape[1:-1] if last else shape[2:] for shape in given}


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
