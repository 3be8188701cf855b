"""Replaces what an object does, not what it is: an attribute of the instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_residual.rewrite.rewritten import Change, Left


class Switch:
    """Functions that stand in for methods of a model's layers, and the way back.

    An attribute of an instance is neither in its config nor in its file: what is saved,
    cloned, pickled or copied is the plain object.

    Args:
        model: The model.

    Examples:
        >>> layer = keras.layers.ReLU()
        >>> switch = Switch(keras.Sequential([layer]))
        >>> switch.replace(layer, "call", lambda inputs: inputs)
        >>> float(layer(keras.ops.array([-1.0]))[0])
        -1.0
        >>> switch.undo()
        >>> float(layer(keras.ops.array([-1.0]))[0])
        0.0
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
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

    def differentiate(self, loss: Callable[[], Any], variables: list[Any]) -> list[Any]:
        """Returns the gradients of a number, for the comparison.

        Args:
            loss: Computes the number.
            variables: Keras variables; those that the number does not depend on may
                have none for a gradient.
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
