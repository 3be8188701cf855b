"""Arguments: what a function takes is told by its signature, and it is held to that."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from numbers import Integral, Real
from os import PathLike
from typing import Any, ParamSpec, TypeVar

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.common.terminal import is_console
from keras_residual.compose import instead

P = ParamSpec("P")
R = TypeVar("R")
Count = int
"""A whole number of at least 1."""
Counts = Sequence[int]
"""Whole numbers of at least 1, one or more."""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Lets a function refuse, in our words, what its signature does not take.

    Args:
        function: A function with annotations.

    Examples:
        >>> kr.blocks.basic("8")
        Traceback (most recent call last):
        keras_residual.common.errors.KindError: basic: an argument does not fit.
          given  filters='8'
        `filters` takes a positive whole number.
        Write:   filters=8
    """
    accepts = inspect.signature(function)
    name = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        bound(name, accepts, args, kwargs)
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
        KindError: They are too many, too few, or of another kind.
        ResidualError: A number is below 1 where that makes no sense.
    """
    try:
        given = accepts.bind(*args, **kwargs).arguments
    except TypeError as error:
        takes = [p for p in accepts.parameters.values() if p.name != "self"]
        plain = inspect.Signature([p.replace(annotation=p.empty) for p in takes])
        args = args[len(accepts.parameters) - len(takes) :]
        refusal = functools.partial(_refusal, name)
        raise KindError(
            f"{name}: {error}.",
            needed=f"It takes  {name}{plain}",
            write=instead.for_call(name, takes, args, kwargs, refusal),
        ) from None
    order = [key for key in accepts.parameters if key != "self"]
    for key, value in given.items():
        demand(name, key, accepts.parameters[key].annotation, value, order)
    return given


def called(kind: type[R]) -> type[R]:
    """Lets a dataclass refuse, in our words, what its fields do not take.

    Args:
        kind: The dataclass.
    """
    made = vars(kind)["__init__"]
    accepts = inspect.signature(made)

    @functools.wraps(made)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            accepts.bind(self, *args, **kwargs)
        except TypeError:
            bound(kind.__name__, accepts, (self, *args), kwargs)
        made(self, *args, **kwargs)

    kind.__init__ = init
    return kind


def held(record: Any) -> None:
    """Refuses a record whose fields are not what they are declared to be.

    Args:
        record: A dataclass; it calls this when it is made.

    Raises:
        KindError: A field is of another kind.
        ResidualError: A number is below 1 where that makes no sense.
    """
    for each in fields(record):
        value = getattr(record, each.name)
        demand(type(record).__name__, each.name, each.type, value)


def known(words: str) -> Callable[[type[R]], type[R]]:
    """Lets signatures demand a class by its name.

    Args:
        words: What one of them is called in an error.
    """

    def name(kind: type[R]) -> type[R]:
        _KINDS[kind.__name__] = (words, lambda value: isinstance(value, kind))
        instead.TAKEN[kind.__name__] = inspect.signature(kind).parameters
        return kind

    return name


def offered(name: str, words: tuple[str, ...]) -> None:
    """Lets signatures demand one of some words.

    Args:
        name: What the annotation is called.
        words: The words.
    """
    text = " or ".join([", ".join(map(repr, words[:-1])), repr(words[-1])])
    _KINDS[name] = (text, lambda value: isinstance(value, str) and value in words)
    instead.OFFERED[name] = words


def demand(
    name: str, key: str, annotation: Any, value: Any, order: Sequence[str] = ()
) -> None:
    """Refuses a value that is not what an annotation says.

    Args:
        name: What is called.
        key: The argument.
        annotation: Its annotation, as a text. Of such as Any nothing is known here: who
            uses the value says what it has to be.
        value: What was given.
        order: All arguments, in order.

    Raises:
        KindError: It is of another kind.
        ResidualError: It is a number below 1 where that makes no sense.
    """
    words = _UNION.split(str(annotation))
    kinds = [_KINDS[word] for word in map(_group, words) if word in _KINDS]
    if len(kinds) < len(words) or any(fits(value) for _, fits in kinds):
        return
    needed = " or ".join(dict.fromkeys(kind for kind, _ in kinds))
    raise (ResidualError if _is_low(words, value) else KindError)(
        f"{name}: an argument does not fit.",
        given=f"{key}={value!r:.80}",
        needed=f"`{key}` takes {needed}.",
        write=instead.for_value(name, key, value, words, order),
    )


def _refusal(name: str, one: inspect.Parameter, value: Any) -> str | None:
    """Returns what to write for an argument of another kind; None where it fits."""
    try:
        return demand(name, one.name, one.annotation, value)
    except ResidualError as error:
        return error.write


def _group(word: str) -> str:
    """Returns what stands in the table for tuples of any length, and for words."""
    if word.startswith("Literal["):
        return "str"  # which of them is asked where it is used
    return "tuple" if word.startswith("tuple[") and word.endswith("...]") else word


def _is_list(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Says whether a value is a list of such things, or what can stand for one."""

    def fits(value: Any) -> bool:
        if isinstance(value, Iterator):
            return True  # who uses it looks, and once alone
        listed = isinstance(value, Collection) and not isinstance(value, str)
        # An array without axes has a length in name alone.
        return listed and getattr(value, "shape", True) != () and all(map(of, value))

    return fits


def _is_word(value: Any) -> bool:
    return isinstance(value, str)


def _is_table(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Says whether a value is a dict of such things, by name."""
    return lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(key, str) and of(one) for key, one in value.items())
    )


def _is_function(value: Any) -> bool:
    known = isinstance(value, type) or instead.is_keras("layers.Layer", value)
    return callable(value) and not known


def _is_listed(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_path(value: Any) -> bool:
    return isinstance(value, PathLike)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_whole(value) and value > 0


def _is_sizes(value: Any, fits: Callable[[Any], bool] = _is_count) -> bool:
    sizes = value if isinstance(value, list | tuple) else [value]
    return bool(sizes) and all(map(fits, sizes))


def _is_low(words: list[str], value: Any) -> bool:
    """Says whether numbers are of the right kind, and too small."""
    return bool({"Count", "Counts", "Sizes"} & {*words}) and _is_sizes(value, _is_whole)


def _is_shape(value: Any) -> bool:
    listed = isinstance(value, list | tuple)
    return listed and all(size is None or _is_count(size) for size in value)


_is_words = _is_list(_is_word)
_UNION = re.compile(r" \| (?![^\[]*\])")  # none of those inside brackets
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("a whole number", _is_whole),
    "float": ("a number", _is_number),
    **dict.fromkeys(instead.WORDS, ("a word", _is_word)),
    "bool": ("True or False", lambda value: isinstance(value, Integral)),
    "None": ("None", lambda value: value is None),
    "Callable": ("a function", callable),
    "Sizes": ("a positive whole number, or one for each axis", _is_sizes),
    "Shape": ("a shape such as (32, 32, 3)", _is_shape),
    "Count": ("a positive whole number", _is_count),
    **dict.fromkeys(("Path", "PathLike[str]"), ("a path", _is_path)),
    "Iterable[str | Path]": (
        "a list of paths",
        _is_list(lambda value: _is_word(value) or _is_path(value)),
    ),
    "Sequence[int]": ("a list of whole numbers", _is_list(_is_whole)),
    "Counts": (
        "a list of positive whole numbers",
        lambda value: isinstance(value, Sequence) and _is_sizes([*value]),
    ),
    **dict.fromkeys(instead.LISTED, ("a list of words", _is_words)),
    **dict.fromkeys(("Callable[[str], str]", "Tune"), ("a function", _is_function)),
    "Mapping[str, str]": ("a dict of words", _is_table(_is_word)),
    "Mapping[str, Any]": ("a dict", _is_table(lambda value: True)),
    "dict[str, Any]": ("a dict", _is_table(lambda value: True)),
    "Mapping[str, Iterable[str]]": ("a dict of lists of words", _is_table(_is_words)),
    "tuple": ("a tuple", lambda value: isinstance(value, list | tuple)),
    "tuple[Any, Any]": (
        "a pair",
        lambda value: isinstance(value, list | tuple) and len(value) == 2,
    ),
    "tuple[float, str]": (
        "a pair of a number and a word",
        lambda v: isinstance(v, tuple) and len(v) == 2 and _is_number(v[0]),
    ),
    "Console": ("a console of Rich's", is_console),
    "Passes": ("a list of words and functions", _is_listed),
    "Sequence[Any]": ("a list", _is_listed),
}
"""What an annotation says in words, and whether a value is that."""
