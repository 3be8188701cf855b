"""The call of one layer while it is traced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import keras

from keras_residual._keras import mask_on, put_mask


@dataclass
class Opening:
    """A layer between its `__call__` and its `call`, and what comes out of it.

    Args:
        layer: The layer.
        name: Its name where it stands.
        path: Where it stands.
        outputs: What its call returned, flat.
        meant: Of each output, how it was made and its mask.
        packed: Makes of the outputs what the layer returns.
    """

    layer: Any
    name: str
    path: str
    outputs: list[Any] = field(default_factory=list)
    meant: list[tuple[Any, Any]] = field(default_factory=list)
    packed: Callable[[list[Any]], Any] = list


@dataclass
class Frame:
    """The call of one layer while it is traced.

    Args:
        layer: The layer.
        path: Where it stands, with a slash at the end; nothing for the model itself.
        inputs: The symbols that its call gets, by the identity of what was given.
        owned: The names of layers and weights, by their identity.
        weights: The symbols of weights, by the identity of their variables.
        calls: How often each layer was called.
        names: All names that are taken.
        named: The operations, by identity, that have their name from here.
        losses: What it adds to the losses of the model.
        learns: Whether it does so in training alone, and is run as in training.
    """

    layer: Any
    path: str
    inputs: dict[int, Any] = field(default_factory=dict)
    owned: dict[int, str] = field(default_factory=dict)
    weights: dict[int, Any] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    losses: list[Any] = field(default_factory=list)
    learns: bool = False

    def unique(self, name: str) -> str:
        """Returns a name that nothing else in this frame has."""
        count, base = 0, name.rsplit("/", 1)[-1]
        name = base
        while name in self.names:
            count += 1
            name = f"{base}_{count}"
        self.names.add(name)
        return name

    def name_of(self, owned: Any) -> str:
        """Returns the name of a layer or a weight in this frame, always the same."""
        if id(owned) not in self.owned:
            self.owned[id(owned)] = self.unique(owned.name)
        return self.owned[id(owned)]

    def keeps(self, operation: Any) -> Any:
        """Returns an operation whose name is from here, and stays."""
        self.named.add(id(operation))
        return operation

    @property
    def anchor(self) -> Any:
        """What weights and constants are tied to."""
        return next(iter(self.inputs.values()))

    def enter(self, args: Any, kwargs: Any) -> list[Any]:
        """Makes inputs for what a call is given; returns the tensors, masks too.

        Args:
            args: The arguments of the call.
            kwargs: Those by name.
        """
        bound = signature(self.layer.call).bind(*args, **kwargs).arguments
        given = {
            id(one): (one, name)
            for name, value in bound.items()
            for one in symbols(value)
        }
        for one, name in list(given.values()):
            mask = mask_on(one)
            if isinstance(mask, keras.KerasTensor):
                given.setdefault(id(mask), (mask, f"{name}_mask"))
        for one, name in given.values():
            self.inputs[id(one)] = keras.Input(
                batch_shape=one.shape,
                dtype=one.dtype,
                name=self.unique(name),
            )
        for one, _ in given.values():
            if id(mask := mask_on(one)) in self.inputs:
                put_mask(self.inputs[id(one)], self.inputs[id(mask)])
        return [one for one, _ in given.values()]

    def inner(self, given: Any) -> Any:
        """Returns arguments with this frame's symbols in the place of those given."""
        return keras.tree.map_structure(lambda x: self.inputs.get(id(x), x), given)


def symbols(given: Any) -> list[Any]:
    """Returns the symbolic tensors in a structure, each once."""
    flat = keras.tree.flatten(given)
    return list({id(x): x for x in flat if isinstance(x, keras.KerasTensor)}.values())
