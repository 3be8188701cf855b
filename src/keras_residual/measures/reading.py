"""A model, read at the sizes of the data that it is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import keras

from keras_residual.graph.analysis import Analysis
from keras_residual.graph.unfolding import hides_layers
from keras_residual.graph.unfolding.symbols import function_of_graph
from keras_residual.measures.forms import parts


def read_with(model: keras.Model | Analysis, data: Any) -> tuple[Analysis, Any]:
    """Reads a model; one with layers to open, at the sizes that its data has.

    Args:
        model: The model, or an analysis of it.
        data: As `forms.parts` takes it.

    Returns:
        The analysis, and the data: what can be read once only is not used up.
    """
    if isinstance(model, Analysis):
        return model, data
    layer = isinstance(model, keras.layers.Layer)
    if data is None or not layer or not hides_layers(model):
        return Analysis(model), data
    function = function_of_graph(model)
    inputs = 1 if function is None else len(function.inputs)
    if isinstance(data, Iterator):
        first = next(data, None)
        data = chain(() if first is None else [first], data)
        look: Any = [] if first is None else [first]
    else:
        look = data
    values = next((part.values for part in parts(look, 2, inputs=inputs)), None)
    return Analysis(model, values), data
