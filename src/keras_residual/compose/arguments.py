"""Arguments: what a function takes is told by its signature, and it is held to that."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import keras

P = ParamSpec("P")
R = TypeVar("R")


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Lets a function refuse, in our words, what its signature does not take.

    Args:
        function: A function with annotations.

    Examples:
        >>> kr.blocks.basic("8")
        Traceback (most recent call last):
        TypeError: basic: `filters` takes a whole number. Got '8'.
    """
    accepts = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        bound(function.__name__, accepts, args, kwargs)
        return function(*args, **kwargs)

    return call


def bound(
    name: str, accepts: inspect.Signature, args: tuple, kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Returns the arguments of a call by name.

    Args:
        name: What is called.
        accepts: What it takes.
        args: What it was given in order.
        kwargs: What it was given by name.

    Raises:
        TypeError: They are too many, too few, or of another kind.
    """
    try:
        given = accepts.bind(*args, **kwargs).arguments
    except TypeError as error:
        plain = [p.replace(annotation=p.empty) for p in accepts.parameters.values()]
        raise TypeError(
            f"{name}: {error}.\nIt takes  {name}{inspect.Signature(plain)}"
        ) from None
    for key, value in given.items():
        words = str(accepts.parameters[key].annotation).split(" | ")
        if not all(word in _KINDS for word in words):
            continue  # such as Any: who uses it says what it has to be
        if not any(_KINDS[word][1](value) for word in words):
            raise TypeError(
                f"{name}: `{key}` takes {' or '.join(_KINDS[w][0] for w in words)}. "
                f"Got {value!r:.80}.{_hint(name, key, value)}"
            )
    return given


def _hint(name: str, key: str, value: Any) -> str:
    if isinstance(value, keras.KerasTensor):
        return f"\nIt makes a part, which is called on the tensor:  {name}(...)(x)"
    if key == "parts":
        return f"\nWrite them as a list:  {name}([{value!r:.40}, ...])"
    return ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_sizes(value: Any) -> bool:
    sizes = value if isinstance(value, list | tuple) else [value]
    return bool(sizes) and all(map(_is_whole, sizes))


def _is_shape(value: Any) -> bool:
    listed = isinstance(value, list | tuple)
    return listed and all(size is None or _is_whole(size) for size in value)


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("a whole number", _is_whole),
    "float": ("a number", lambda value: isinstance(value, Real)),
    "str": ("a word", lambda value: isinstance(value, str)),
    "bool": ("True or False", lambda value: isinstance(value, Integral)),
    "None": ("None", lambda value: value is None),
    "Callable": ("a function", callable),
    "Sizes": ("a whole number, or one for each axis", _is_sizes),
    "Shape": ("a shape such as (32, 32, 3)", _is_shape),
    "Sequence[Any]": ("a list", lambda value: isinstance(value, list | tuple)),
}
"""What an annotation says in words, and whether a value is that."""
