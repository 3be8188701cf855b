"""Layers whose calls are watched in one thread, and in no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras

from keras_residual._keras import layers_in
from keras_residual._keras_replaced import (
    backend_deferred,
    capitals_lowered,
    fixed_seeds_told,
    operators_deferred,
)
from keras_residual.graph.functional import inner_graph
from keras_residual.graph.unfolding.tracing import Tracer

_here = threading.local()
_ONE_AT_A_TIME = threading.Lock()
_LISTS = frozenset(
    (
        *("_layers", "_losses", "_metrics", "_seed_generators", "_tracker"),
        *("_trainable_variables", "_non_trainable_variables", "variables", "weights"),
        *("trainable_variables", "trainable_weights"),
        *("non_trainable_variables", "non_trainable_weights"),
    )
)
"""What lists the weights of a layer: a traced call gets symbols of single ones."""


@contextmanager
def watched(model: Any, tracer: Tracer) -> Iterator[None]:
    """Lets a tracer stand in the calls of a model and of all that it holds.

    Each object is of a subclass of its class meanwhile. In other threads that subclass
    does what the class does.

    Args:
        model: A layer or model.
        tracer: What is asked.
    """
    with _ONE_AT_A_TIME:
        found = [(one, type(one)) for one in _all_in(model)]
        try:
            for one, kind in found:
                object.__setattr__(one, "__class__", _watching(kind))
            _here.tracer = tracer
            with (
                operators_deferred(),
                backend_deferred(),
                capitals_lowered(),
                fixed_seeds_told(tracer.drawn),
            ):
                yield
        finally:
            _here.tracer = None
            for one, kind in found:
                object.__setattr__(one, "__class__", kind)


def _all_in(model: Any) -> list[Any]:
    found: dict[int, Any] = {}
    todo = [model]
    while todo:
        one = todo.pop()
        if id(one) in found:
            continue
        found[id(one)] = one
        if isinstance(one, keras.layers.Layer):
            todo.extend(layers_in(one, deep=False))
        graph = inner_graph(one)
        if graph is not None:
            todo.extend(graph.operations)
    return list(found.values())


@cache
def _watching(kind: Any) -> Any:
    """Returns a subclass whose calls ask the tracer of their thread."""
    layer = issubclass(kind, keras.layers.Layer)
    members = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "watches": kind,
    }
    return type(kind)(kind.__name__, (_Layer if layer else _Operation, kind), members)


def _asked(native: Callable, by: str, watched: Any, args: Any, kwargs: Any) -> Any:
    """Returns what a tracer makes of a call; what the call does where there is none."""
    tracer = getattr(_here, "tracer", None)
    if tracer is None or (by != "symbolic_call" and tracer.idle):
        return native(*args, **kwargs)
    return getattr(tracer, by)(watched, native, args, kwargs)


class _Operation:
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        native: Any = super().__call__  # type: ignore[misc]
        return _asked(native, "call", self, args, kwargs)


class _Layer(_Operation):
    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        native: Any = super().symbolic_call  # type: ignore[misc]
        return _asked(native, "symbolic_call", self, args, kwargs)

    def add_loss(self, loss: Any) -> None:
        native: Any = super().add_loss  # type: ignore[misc]
        _asked(native, "add_loss", self, (loss,), {})

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        tracer = getattr(_here, "tracer", None)
        if tracer is None or tracer.idle or name in _LISTS or name.startswith("__"):
            return value
        return tracer.attribute(value)
