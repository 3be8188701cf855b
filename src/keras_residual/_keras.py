"""What this package must know of Keras beside its public names: all of it is here.

A new Keras that moves one of these breaks this file and those beside it, and no other:
`_keras_replaced.py` stands in for Keras for a while, and `_keras_mended.py` where a
backend computes wrongly. The kernels of `transforms/accelerate/` have a table of their
own, in `tests/walls.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Signature
from types import FunctionType
from typing import Any

import keras
import numpy as np
from keras.src.backend.common.global_state import get_global_attribute
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask
from keras.src.models.functional import Functional, operation_fn
from keras.src.ops.node import Node
from keras.src.random.seed_generator import (
    GLOBAL_SEED_GENERATOR,
    global_seed_generator,
)
from keras.src.utils.tracking import Tracker

import keras_residual._keras_mended  # noqa: F401 - whoever reads Keras reads it mended

SOURCE = "keras.src."
"""How the modules of Keras's own classes begin; files of models name some of them."""

_WRAPPED = ("build", "quantize")  # by Keras, around the layer that they were made for
_OF_BACKENDS = ("call", "_torch_params")  # what is put around a call, or made again
_KEPT_BY_KERAS = (list, dict, set, Signature, Tracker, FunctionType)
_IN_ORDER = ("_trainable_variables", "_non_trainable_variables", "_layers")
_SCOPES = ("autocast_scope", "distribution", "stateless_scope", "symbolic_scope")


# Tensors of a graph, and the calls (Keras says nodes) that made them.


def in_graph(tensor: Any) -> bool:
    """Says whether a tensor belongs to a graph."""
    return hasattr(tensor, "_keras_history")


def operation_of(tensor: Any) -> Any:
    """Returns the operation that a tensor of a graph comes from; None has none."""
    return tensor._keras_history.operation


def maker_of(tensor: Any) -> Any:
    """Returns the call that made a tensor of a graph."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def calls_of(operation: Any) -> list[Any]:
    """Returns the calls of an operation that stand in graphs."""
    return operation._inbound_nodes


def calls_in(function: keras.Function) -> Iterator[Any]:
    """Yields the calls of a graph in the order in which Keras makes them."""
    by_depth = function._nodes_by_depth
    for depth in sorted(by_depth, reverse=True):
        yield from (node for node in by_depth[depth] if not node.is_input)


def mask_on(tensor: Any) -> Any:
    """Returns the mask that a tensor carries; None where it carries none."""
    return get_keras_mask(tensor)


def put_mask(tensor: Any, mask: Any) -> None:
    """Gives a tensor a mask; None takes the one away that it carries."""
    set_keras_mask(tensor, mask)


def history_of(tensor: Any) -> Any:
    """Returns what a tensor of a graph knows of how it was made."""
    return getattr(tensor, "_keras_history", None)


def put_history(tensor: Any, history: Any) -> None:
    """Says how a tensor of a graph was made."""
    tensor._keras_history = history


def record(operation: Any, args: Any, kwargs: Any, outputs: Any) -> None:
    """Records the call of an operation in the graph of its outputs."""
    Node(operation=operation, call_args=args, call_kwargs=kwargs, outputs=outputs)


def forget_last_call(operation: Any) -> None:
    """Takes back that the last call of an operation stands in a graph."""
    node = operation._inbound_nodes.pop()
    for tensor in node.input_tensors:
        maker = tensor._keras_history.operation
        if maker is not None and maker._outbound_nodes[-1:] == [node]:
            maker._outbound_nodes.pop()


def twin_of(operation: Any, kind: type, name: str) -> Any:
    """Returns a layer with the same settings, weights and layers, in no graph.

    Args:
        operation: A layer that is built, or an operation.
        kind: The class of the twin.
        name: What the twin is called.
    """
    twin = object.__new__(kind)
    kept = {k: v for k, v in vars(operation).items() if k not in _WRAPPED}
    vars(twin).update(kept, name=name, _inbound_nodes=[], _outbound_nodes=[])
    if isinstance(operation, keras.layers.Layer):
        vars(twin).update(_losses=[], _loss_ids=set())
    return twin


def blank_of(layer: Any) -> Any:
    """Returns a layer of the same class and name that holds nothing yet.

    Args:
        layer: A layer.
    """
    kind: Any = type(layer)
    new = kind.__new__(kind)
    keras.layers.Layer.__init__(new, name=layer.name, trainable=layer.trainable)
    return new


def fill(blank: Any, layer: Any, held: Callable[[Any], Any]) -> None:
    """Gives a blank layer copies of what another holds, but no place in a graph.

    Args:
        blank: What `blank_of` returned.
        layer: The layer, built or not.
        held: Copies what stands in an attribute: a layer, a weight, a setting.
    """
    common = {*vars(blank)}
    own = {**vars(layer), **getattr(layer, "_modules", {})}  # PyTorch's layers
    for name, value in own.items():
        if name not in common and name not in _OF_BACKENDS:
            setattr(blank, name, held(value))
        elif name in common and not isinstance(value, _KEPT_BY_KERAS):
            vars(blank)[name] = value
    vars(blank)["_build_shapes_dict"] = layer._build_shapes_dict
    for name in _IN_ORDER:
        tracked, order = getattr(blank, name), [held(o) for o in getattr(layer, name)]
        if {*map(id, tracked)} == {*map(id, order)}:
            tracked[:] = order


# Models and functions.


def function_in(model: Any) -> keras.Function | None:
    """Returns the graph inside a Sequential model, once it is built."""
    return getattr(model, "_functional", None)


def calls_its_graph(model: Any) -> bool:
    """Says whether a model is a graph, and its call no other than Keras's."""
    return isinstance(model, Functional) and type(model).call is Functional.call


def input_structure(function: keras.Function) -> Any:
    """Returns the inputs of a graph in the structure in which it takes them."""
    return function._inputs_struct


def output_structure(function: keras.Function) -> Any:
    """Returns the outputs of a graph in the structure in which it returns them."""
    return function._outputs_struct


def run_through(
    function: keras.Function, inputs: Any, computes: Callable[[Any], Callable]
) -> Any:
    """Runs a graph with something else in the place of each operation.

    Args:
        function: The graph.
        inputs: What it takes.
        computes: Returns, for an operation, what is called instead.
    """
    return function._run_through_graph(inputs, computes)


def trace_through(function: keras.Function, inputs: Any, training: Any) -> Any:
    """Runs a graph on symbols of its inputs' shapes and dtypes.

    Args:
        function: The graph.
        inputs: A symbol for each input, in order.
        training: Whether it is told to train.
    """
    told = function._run_through_graph(
        inputs, operation_fn=lambda one: operation_fn(one, training=training)
    )
    return told[0] if isinstance(told, list) and len(told) == 1 else told


def standardized(model: keras.Model, inputs: Any) -> list[Any]:
    """Returns the inputs of a model, flat, as its call takes them."""
    return model._standardize_inputs(inputs)  # type: ignore[attr-defined]


# Layers.


def layers_in(layer: Any, *, itself: bool = False, deep: bool = True) -> Iterator[Any]:
    """Yields the layers that a layer holds.

    Args:
        layer: A layer or model.
        itself: Whether the layer comes first.
        deep: Whether the layers in those are among them.
    """
    return layer._flatten_layers(include_self=itself, recursive=deep)


def own_weights(layer: Any) -> list[keras.Variable]:
    """Returns the trainable weights that a layer made itself."""
    return layer._trainable_variables


def own_seeds(layer: Any) -> list[keras.Variable]:
    """Returns the states of the generators that a layer draws its seeds from."""
    return [one.state for one in layer._seed_generators]


def global_seed(*, make: bool = False) -> keras.Variable | None:
    """Returns the state of the generator of all who brought no seed of their own.

    Args:
        make: Whether it is made where nobody has drawn from it yet; None otherwise.
    """
    if make or get_global_attribute(GLOBAL_SEED_GENERATOR) is not None:
        return global_seed_generator().state
    return None


def rematerialised(operation: Any) -> bool:
    """Says whether an operation computes its results again in the backward pass."""
    return getattr(operation, "_remat_mode", None) is not None


def output_shape_given(layer: keras.layers.Lambda) -> Any:
    """Returns the output shape that a Lambda layer was told."""
    return layer._output_shape


def context_arguments(operation: Any) -> Any:
    """Returns which arguments an operation takes from the call around it."""
    return getattr(operation, "_call_context_args", ())


class PassingError(Exception):
    """An error that passes Keras's calls as it is, with no arguments told beside it."""

    _keras_call_info_injected = True


# Classes.


def is_keras_own(kind: type, room: str = "") -> bool:
    """Says whether a class is Keras's own.

    Args:
        kind: The class of a layer, an operation or an optimizer.
        room: The part of Keras that it must come from, such as "layers.".
    """
    return kind.__module__.startswith(SOURCE + room)


def is_known(kind: type) -> bool:
    """Says whether a class is Keras's own or ours."""
    return kind.__module__.startswith((SOURCE, "keras_residual."))


def class_name(kind: type) -> str:
    """Returns the module and name of a class, Keras's own without where they start.

    So `"ops.numpy.Add"` is the class of `keras.ops.add`, which has no public name.
    """
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix(SOURCE)


# What a model was compiled with.


def loss_weights(model: keras.Model) -> Any:
    """Returns the weights of the losses that a model was compiled with."""
    compiled = getattr(model, "_compile_loss", None)
    return getattr(compiled, "_user_loss_weights", None)


def decays(optimizer: Any, weight: keras.Variable) -> bool:
    """Says whether an optimizer decays a weight, as far as it can be asked."""
    asked = getattr(optimizer, "_use_weight_decay", None)
    return asked is not None and asked(weight)


def place_of(optimizer: Any, weight: Any) -> Any:
    """Returns the place of a weight among what an optimizer keeps for each."""
    return optimizer._get_variable_index(weight)


def batches_seen(optimizer: Any) -> int:
    """Returns how many batches an optimizer was given.

    `iterations` says how often it moved the weights: where gradients are accumulated,
    once in several batches.
    """
    counting = getattr(optimizer, "inner_optimizer", optimizer)
    return int(getattr(counting, "_iterations", counting.iterations))


def skip_to(model: Any, epoch: int | None) -> None:
    """Lets a `fit` that has begun go on with an epoch; None is what it was told."""
    model._initial_epoch = epoch


# Where variables lie.


def lay_out(variable: Any, distribution: Any) -> bool:
    """Lays a variable out as a distribution wants it; None takes it to one device.

    Returns:
        Whether it was moved: one that was made under a distribution stays.
    """
    if distribution is not None and variable._layout is not None:
        return False
    value = np.asarray(variable.value)
    wanted = None if distribution is None else distribution.get_variable_layout
    variable._layout = wanted and wanted(variable)
    variable._direct_assign(
        value if wanted else keras.ops.convert_to_tensor(value, variable.dtype)
    )
    return True


def prepare(model: keras.Model, batch: Any) -> None:
    """Has a compiled model make the variables of its optimizer, loss and metrics."""
    model._symbolic_build(data_batch=batch)


# The call at hand.


def trains() -> bool:
    """Says whether the model that is being called was told to train."""
    return bool(getattr(get_global_attribute("current_call_ctx"), "training", False))


def scoped() -> bool:
    """Says whether a scope is open that Keras minds at each call."""
    return any(get_global_attribute(name) is not None for name in _SCOPES)
