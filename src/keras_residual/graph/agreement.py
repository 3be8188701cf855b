"""What is run operation by operation has to compute what the model does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.graph.functional import takes_training
from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import numbers
from keras_residual.graph.running import Runner, Values
from keras_residual.graph.untouched import untouched

TOLERANCE = 1e-3  # of an output's largest number; kernels may add up in another order
HALF = 5e-2  # where it has half precision


def must_agree(runner: Runner, model: Any, known: Values) -> None:
    """Compares a run of the graph with a call of the model, before it is believed.

    A model whose own two calls differ draws random numbers that Keras does not hold,
    and cannot be compared.

    Args:
        runner: Runs the graph of the model.
        model: The model.
        known: Values of the inputs, by the index of their operation.

    Raises:
        ResidualError: An output differs.
    """
    graph = runner.graph
    own: list[Any] = []
    far: list[tuple[float, int]] = []
    for _ in range(2):  # what is made when first called is there the second time
        own = keras.tree.flatten(called(model, graph, known))
        far = _far(runner.outputs(known), own)
        if not far:
            return
    if _far(keras.tree.flatten(called(model, graph, known)), own):
        return
    share, output = max(far)
    path = graph.ops[graph.outputs[output]].path
    raise ResidualError(
        f'Model "{model.name}": its layers, run one after the other, do not compute '
        "what the model does.",
        given=f'output "{path}", which differs by {share:.2g} of its size',
        needed="What is measured between the layers would be of another network. A "
        "layer or a nested model does\nsomething in its call that the graph does not "
        "hold.",
        write="measure(part, ...), with part a model inside of it",
    )


def called(model: Any, graph: Graph, known: Values) -> Any:
    """Calls a model in inference, and leaves its state as it is.

    Args:
        model: The model.
        graph: Its graph.
        known: Values of the inputs, by the index of their operation.

    Returns:
        The outputs, in the structure in which the model returns them.
    """
    given = [known[index] for index in graph.inputs]
    how = {"training": False} if takes_training(type(model)) else {}
    with untouched(model):
        return model(keras.tree.pack_sequence_as(graph.structure, given), **how)


def _far(found: list[Any], own: list[Any]) -> list[tuple[float, int]]:
    """Returns how far outputs differ, and which, where they differ by too much."""
    pairs = enumerate(zip(found, own, strict=True))
    return [(far, k) for k, (a, b) in pairs if (far := _distance(a, b))]


def _distance(found: Any, own: Any) -> float:
    """Returns the difference as a share of the largest number; 0 where it is none."""
    if "float" not in keras.backend.standardize_dtype(own.dtype):
        a: Any = keras.ops.convert_to_numpy(found)
        b: Any = keras.ops.convert_to_numpy(own)
        return float(a.shape != b.shape or np.mean(a != b))
    half = "16" in keras.backend.standardize_dtype(own.dtype)
    a, b = numbers(found), numbers(own)
    if a.shape != b.shape or (np.isfinite(a) != np.isfinite(b)).any():
        return float("inf")
    with np.errstate(invalid="ignore"):
        apart = np.nan_to_num(np.abs(a - b), posinf=0.0).max(initial=0.0)
        size = np.nan_to_num(np.abs(b), posinf=0.0).max(initial=0.0)
    far = apart / size if size else apart
    return float(far) if far > (HALF if half else TOLERANCE) else 0.0
