"""Part: any function of a tensor, as a frozen record that prints as its own code."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

import keras

from keras_residual._keras import layers_in
from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose import graph, naming
from keras_residual.compose.arguments import bound
from keras_residual.compose.named import part_named
from keras_residual.compose.naming import Scope
from keras_residual.compose.own_mask import own_mask
from keras_residual.compose.refused import no_part, takes_a_tensor, told

Tensor = keras.KerasTensor
P = ParamSpec("P")


class Part:
    """A function of a tensor, free to make, to print, to compare and to reuse.

    Calling a part adds plain Keras layers to the functional graph and returns the
    output tensor; calling it again adds new layers with new weights.
    """

    @takes_a_tensor
    def __call__(self, x: Any, name: str | None = None) -> Tensor:
        """Adds the part's layers to the graph of `x`.

        Args:
            x: Symbolic tensor, `(batch, ..., channels)` or `(batch, channels, ...)`.
            name: Prefix of the layers' names. Counted per graph by default.

        Returns:
            The output tensor.
        """
        graph.root(x)  # refuses what is not symbolic
        return self.unfold(x, Scope(name) if name else naming.current(x))

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        """Adds the part's layers to the graph of `x`, named by `scope`."""
        raise NotImplementedError

    @property
    def _keras_history(self) -> Any:
        # `Sequential` asks what it is given for this, before it refuses it.
        raise KindError(
            f"{self!r} is a recipe, and here Keras wants a layer.",
            write="kr.layer(block)",
        )

    @property
    def dtype(self) -> Any:
        # Keras asks what it shall compute with for this, and for its shape.
        raise KindError(
            f"{self!r} is a recipe, and here a tensor is wanted.",
            write="y = part(x), and y in its place",
        )

    shape = dtype

    def __format__(self, how: str) -> str:
        # `TimeDistributed` and its kin say what they were given when they refuse it.
        into = "called on a tensor it makes a tensor, in kr.layer(...) a layer"
        return f"{self!r} (a recipe: {into})"

    def carry(self, x: Tensor, goal: Goal, scope: Scope) -> Tensor | None:
        """Carries `x` along the shortcut, towards the goal."""
        del goal
        return self.unfold(x, scope)


@dataclass(frozen=True)
class Goal:
    """What a shortcut is to reach.

    Attributes:
        start: Where the paths part.
        change: What the branch made of it.
        merge: What is to join both.
    """

    start: Tensor
    change: Tensor
    merge: Any  # a `Merge`, which is itself made of parts


class Record:
    """What our factories make: a function of ours and the arguments it was given."""

    def __init__(self, build: Callable[..., Any], given: dict[str, Any]) -> None:
        order = [*signature(build).parameters, *given]
        ordered = {k: _frozen(given[k]) for k in order if k in given}
        object.__setattr__(self, "build", build)
        object.__setattr__(self, "given", ordered)

    build: Callable[..., Any]
    given: dict[str, Any]

    def but(self, **changes: Any) -> Any:
        """Returns the same record with some arguments changed."""
        return type(self)(self.build, {**self.given, **changes})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self!r} is frozen; make another one with .but(...)")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Record)
            and self.build is other.build
            and self.given == other.given
        )

    def __hash__(self) -> int:
        return hash((self.build, tuple(sorted(self.given))))

    def __repr__(self) -> str:
        return call_text(self.build.__name__, signature(self.build), self.given)


class Made(Record, Part):
    """A part that one of our functions makes."""

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        with told(self, x, scope.where):
            return self.build(x, scope, **self.given)


def part(
    build: Callable[Concatenate[Tensor, Scope, P], Tensor],
) -> Callable[P, Made]:
    """Turns a function that builds a part on a tensor into one that makes the part."""
    return factory(Made, build)


def factory(kind: type[Record], build: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function of `build`'s own arguments that makes a record of `kind`."""
    accepts = signature(build)

    @functools.wraps(build)
    def make(*args: Any, **kwargs: Any) -> Record:
        taken = bound(build.__name__, accepts, args, kwargs)
        options = taken.pop("options", {})
        defaults = {p.name: p.default for p in accepts.parameters.values()}
        given = {k: v for k, v in taken.items() if not _same(v, defaults[k])}
        return kind(build, {**given, **options})

    made = "Part" if issubclass(kind, Part) else "Merge"
    make.__signature__ = accepts.replace(  # type: ignore[attr-defined]
        return_annotation=made
    )
    make.__doc__ = f"{inspect.cleandoc(build.__doc__ or '')}\n\n{_RETURNS[made]}"
    return make


_RETURNS = {
    "Part": "Returns:\n    A part: call it on a tensor, or put it into a slot.",
    "Merge": "Returns:\n    A merge, for the slot of that name.",
}


@dataclass(frozen=True, repr=False)
class LayerPart(Part):
    """A Keras layer or model: one set of weights, shared wherever it is used."""

    layer: keras.layers.Layer

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        inside = layers_in(self.layer)
        if any(isinstance(one, keras.layers.MultiHeadAttention) for one in inside):
            x = own_mask(x, scope)
        with told(self, x, scope.where):
            return self.place(x, scope)

    def place(self, x: Any, scope: Scope) -> Tensor:
        """Calls the layer, on several tensors where it merges."""
        if graph.is_fresh(self.layer):
            scope.adopt(self.layer)
        return self.layer(x)

    def __repr__(self) -> str:
        return repr(self.layer)


@dataclass(frozen=True, repr=False)
class FunctionPart(Part):
    """A plain function: it makes fresh layers at each call."""

    function: Callable[..., Any]

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        x = own_mask(x, scope)  # it may hold an attention
        with naming.within(scope):
            y = self.function(x)
        if not isinstance(y, keras.KerasTensor):
            raise KindError(
                f"{scope.where}: {self!r} returned {type(y).__name__}.",
                needed="A part takes one tensor and returns one.",
                write=f"{self!r}(), which makes the part"
                if isinstance(y, Part)
                else "return x, at its end",
            )
        for operation in graph.fresh_operations(x, y):
            scope.adopt(operation)
        return y

    def __repr__(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))


@dataclass(frozen=True, repr=False)
class Chain(Part):
    """Parts applied in order; an empty chain is the identity."""

    parts: tuple[Part, ...] = ()

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        for each in self.parts:
            x = each.unfold(x, scope)
        return x

    def carry(self, x: Tensor, goal: Goal, scope: Scope) -> Tensor | None:
        carried: Tensor | None = x
        for each in self.parts:
            if carried is None:
                raise ResidualError(
                    f"{scope.where}: {self!r} carries nothing to {each!r}.",
                    needed='After "none" nothing can follow.',
                    write='shortcut="none"',
                )
            carried = each.carry(carried, goal, scope)
        return carried

    def __repr__(self) -> str:
        return repr(list(self.parts))


def as_part(value: Any) -> Part:
    """Returns the part that a word, a list, a layer or a function stands for.

    Raises:
        ResidualError: A word that names no part of ours.
        KindError: Something that cannot be applied to a tensor.
    """
    if isinstance(value, Part):
        return value
    if isinstance(value, str):
        return part_named(value)
    if value is None or isinstance(value, list | tuple):
        return Chain(tuple(map(as_part, value or ())))
    if isinstance(value, keras.layers.Layer):
        return LayerPart(value)
    if isinstance(value, type):
        raise KindError(
            f"{value.__name__} is a class, and no part yet.",
            write=f"{value.__name__}(...)",
        )
    if callable(value) and not isinstance(value, Record):
        return FunctionPart(value)
    raise no_part(value)


def call_text(name: str, accepts: inspect.Signature, given: dict[str, Any]) -> str:
    """Prints a call as one would write it: `conv(64, 3, stride=2)`."""
    words, in_order = [], True
    for key, parameter in accepts.parameters.items():
        in_order &= key in given and parameter.kind is not parameter.KEYWORD_ONLY
        if in_order:
            words.append(repr(given[key]))
    words += [f"{k}={v!r}" for k, v in list(given.items())[len(words) :]]
    return f"{name}({', '.join(words)})"


def signature(build: Callable[..., Any]) -> inspect.Signature:
    """Returns the arguments of the part: those that come after the scope."""
    whole = inspect.signature(build)
    supplied = list(whole.parameters).index("scope") + 1
    return whole.replace(parameters=list(whole.parameters.values())[supplied:])


def _frozen(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return value


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)
