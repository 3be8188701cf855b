"""Replaces what an object does, not what it is: an attribute of the instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_residual._keras import trains
from keras_residual.transforms.rewritten import Change, Left

USES = ("training", "inference")
Arrays = tuple[Any, ...]
Compute = Callable[[Arrays], list[Any]]
Descend = Callable[[Arrays], tuple[list[Any], list[Any]]]

_SETTINGS = ("activation", "negative_slope", "max_value", "threshold")
_SETTINGS += ("axis", "data_format", "padding", "pool_size", "strides")
_SETTINGS += ("kernel_size", "dilation_rate", "groups", "filters", "depth_multiplier")
_SETTINGS += ("_dtype_policy", "lora_enabled", "quantization_mode")
_SETTINGS += ("renorm", "synchronized", "activity_regularizer")
_SETTINGS += ("convolution_op", "_moments")  # methods, where an instance has its own


class PatchSet:
    """Functions that stand in for methods of a model's layers, and the way back.

    An attribute of an instance is neither in its config nor in its file: what is saved,
    cloned, pickled or copied is the plain object.

    Args:
        model: The model.
        use: `"training"` for all calls, `"inference"` for those that do not train.

    Examples:
        >>> layer = keras.layers.ReLU()
        >>> patches = PatchSet(keras.Sequential([layer]))
        >>> patches.replace(layer, "call", lambda inputs: inputs)
        >>> float(layer(keras.ops.array([-1.0]))[0])
        -1.0
        >>> patches.undo()
        >>> float(layer(keras.ops.array([-1.0]))[0])
        0.0
    """

    def __init__(self, model: keras.Model, use: str = "training") -> None:
        self.model, self.use = model, use
        self.changes: list[Change] = []
        self.left: list[Left] = []
        self._replaced: dict[tuple[int, str], tuple[Any, Any]] = {}

    def replace(self, owner: Any, name: str, function: Any) -> None:
        """Lets a function stand in for a method.

        Args:
            owner: The object.
            name: The method.
            function: What stands in, without `self`.
        """
        # Past the `__setattr__` of Keras and PyTorch: this is no state to track.
        vars(owner)[name] = function
        self._replaced[id(owner), name] = owner, function

    def replace_call(self, layer: Any, call: Callable[..., Any]) -> None:
        """Lets a function stand in for a layer's `call`, where the use is this one.

        Args:
            layer: The layer.
            call: What stands in, without `self`.
        """

        def in_inference(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("training") or trains():
                return type(layer).call(layer, *args, **kwargs)
            return call(*args, **kwargs)

        self.replace(layer, "call", call if self.use == "training" else in_inference)

    def replace_update(
        self,
        name: str,
        update_of: Callable[[Any], Any],
        around: Callable[[Any], Any] = lambda step: step,
    ) -> None:
        """Lets a function stand in for the update of each optimizer that Keras uses.

        Args:
            name: The method of the optimizer.
            update_of: Returns what stands in for it, or nothing.
            around: Takes each training step that Keras makes, and returns what stands
                in for it.
        """
        model: Any = self.model

        def make_train_function(force: bool = False) -> Any:
            fresh = model.train_function is None or force
            optimizer = model.optimizer
            if optimizer is not None and name not in vars(optimizer):
                update = update_of(optimizer)
                if update is not None:
                    self.replace(optimizer, name, update)
            type(model).make_train_function(model, force)
            if fresh:
                model.train_function = around(model.train_function)
            return model.train_function

        self.replace(model, "make_train_function", make_train_function)

    def note(self, layer: keras.layers.Layer, path: str, what: str) -> None:
        """Writes down what was done to a layer.

        Args:
            layer: The layer.
            path: Where it is.
            what: What became of it.
        """
        self.changes.append(Change(type(layer).__name__, path, what))

    def leave(self, layer: keras.layers.Layer, path: str, why: str) -> None:
        """Writes down why a layer was left.

        Args:
            layer: The layer.
            path: Where it is.
            why: What stood against a change.
        """
        self.left.append(Left(type(layer).__name__, path, why))

    def install(self) -> None:
        """Replaces what pays on this backend."""
        raise NotImplementedError

    def inference(self, compute: Compute) -> Compute:
        """Returns what answers as the model does now, for the comparison.

        Args:
            compute: Calls the model on arrays and returns its outputs.
        """
        return compute

    def training(self, compute: Compute, weights: list[Any]) -> Descend:
        """Returns what descends as the model does now, for the comparison.

        It makes outputs of arrays, and the gradients of their mean square.

        Args:
            compute: Calls the model on arrays and returns its outputs. What it assigns,
                its statistics, stays assigned.
            weights: Keras variables; those that no output depends on may have none for
                a gradient.
        """
        raise NotImplementedError

    def replaced(self, owner: Any, name: str) -> bool:
        """Says whether what an object does is what this put there.

        Args:
            owner: The object.
            name: The method.
        """
        _, function = self._replaced.get((id(owner), name), (owner, None))
        return function is not None and vars(owner).get(name) is function

    def undo(self) -> None:
        """Gives every object its own method back, unless somebody else took it."""
        self.changes.clear()
        self.left.clear()
        while self._replaced:
            (_, name), (owner, function) = self._replaced.popitem()
            if vars(owner).get(name) is function:
                del vars(owner)[name]


def mean_square(outputs: list[Any]) -> Any:
    """Returns one number that depends on all outputs.

    Args:
        outputs: Tensors.
    """
    flat = [keras.ops.reshape(out, (-1,)) for out in outputs]
    return keras.ops.mean(keras.ops.square(keras.ops.concatenate(flat)))


def settings(operation: Any) -> tuple[Any, ...]:
    """Returns what a stand-in takes for granted; where it differs, Keras computes.

    Args:
        operation: A layer or operation.

    Examples:
        >>> layer = keras.layers.Conv2D(4, 3)
        >>> before = settings(layer)
        >>> layer.dilation_rate = 2
        >>> settings(layer) == before
        False
    """
    return type(operation).call, *map(vars(operation).get, _SETTINGS)


def while_set(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """Returns what stands in for a `call` as long as the layer is set as it is now.

    Args:
        layer: A layer whose `call` is its own.
        call: What stands in, without `self`.
    """
    before = settings(layer)

    def call_while_set(*args: Any, **kwargs: Any) -> Any:
        if settings(layer) == before:
            return call(*args, **kwargs)
        return type(layer).call(layer, *args, **kwargs)

    return call_while_set
