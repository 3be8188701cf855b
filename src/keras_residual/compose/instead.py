"""What to write instead of a call, or an argument, that does not fit."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from operator import attrgetter
from typing import Any, get_args

from keras_residual.compose.named import ActivationWord

WORDS = (
    "str",
    "ActivationWord",
    "NormWord",
    "Placement",
    "PoolWord",
    "Augment",
    "ClassWeight",
    "ColumnWord",
    "Layout",
)
"""Annotations of words; which word it is is asked where it is used."""
_ALIASES = {
    "channels": ["filters"],
    "dim": ["units", "filters"],
    "lr": ["learning_rate"],
    "out_channels": ["filters"],
    "reduction": ["ratio"],
    "wd": ["weight_decay"],
}
"""What arguments are called elsewhere, and here."""
_ACTIVATIONS = get_args(ActivationWord)
Refusal = Callable[[inspect.Parameter, Any], str | None]
TAKEN: dict[str, Mapping[str, inspect.Parameter]] = {}
"""What a class takes that an annotation names."""
OFFERED: dict[str, tuple[str, ...]] = {}
"""The words that an annotation of this name takes."""
LISTED = ("Iterable[str]", "Sequence[str]", "Columns")
"""Annotations of lists of words."""
_LISTS = {*LISTED, "Iterable[str | Path]", "Passes"}


def for_call(
    name: str,
    takes: list[inspect.Parameter],
    args: tuple,
    kwargs: dict[str, Any],
    refusal: Refusal,
) -> str:
    """Returns what to write for a call that a signature does not take.

    Args:
        name: What is called.
        takes: What it takes.
        args: What it was given in order.
        kwargs: What it was given by name.
        refusal: Returns what to write where a parameter does not take a value; None
            where it does.
    """
    if takes and args and (told := refusal(takes[0], args[0])):
        return told
    loose = any(p.kind is p.VAR_KEYWORD for p in takes)
    takes = [p for p in takes if p.kind is not p.VAR_KEYWORD]
    named = [p.name for p in takes]
    wrong = {key: value for key, value in kwargs.items() if key not in named}
    if told := _inside(takes, wrong) or _renamed(named, wrong):
        return told
    more = [p for p in takes if p.kind is p.KEYWORD_ONLY]
    extra = args[len(takes) - len(more) :]
    if extra:
        meant = [p.name for p in more if _is_for(p, extra[0], refusal)]
        if extra[0] in _ACTIVATIONS and (loose or "activation" in meant):
            meant = ["activation"]
        return _given(meant[0], extra[0]) if meant and len(extra) == 1 else ""
    needs = [p for p in takes if p.default is p.empty]
    missing = [p for p in needs if p.name not in kwargs][len(args) :]
    if wrong:
        key, value = next(iter(wrong.items()))
        if len(missing) == 1 and refusal(missing[0], value) is None:
            return f"{name}({_given(missing[0].name, value)})"
        return f"{name}(...) without {key}="
    return f"{name}({', '.join(p.name for p in needs)})"


def _renamed(named: list[str], given: dict[str, Any]) -> str:
    """Returns an argument with its name, that was given with one of elsewhere."""
    for key, value in given.items():
        known = {*_ALIASES.get(key, ())}.intersection(named)
        if meant := [*known, *get_close_matches(key, named, 1, 0.6)]:
            return _given(meant[0], value)
    return ""


def _inside(takes: list[inspect.Parameter], given: dict[str, Any]) -> str:
    """Returns the argument whose class takes what was given, as fit's recipe does."""
    for one in takes:
        for word in str(one.annotation).split(" | "):
            if given and given.keys() <= TAKEN.get(word, {}).keys():
                inner = ", ".join(_given(*each) for each in given.items())
                return f"{one.name}={word}({inner})"
    return ""


def _is_for(one: inspect.Parameter, value: Any, refusal: Refusal) -> bool:
    """Says whether a parameter takes a value, and is likely to be meant by it."""
    meant = one.annotation != "bool" or isinstance(value, bool)
    return meant and refusal(one, value) is None


def _given(key: str, value: Any) -> str:
    text = repr(value)
    return f"{key}={text if len(text) <= 40 else '...'}"


def for_value(
    name: str, key: str, value: Any, words: list[str], order: Sequence[str] = ()
) -> str:
    """Returns what to write for an argument of another kind, or nothing.

    Args:
        name: What is called.
        key: The argument.
        value: What was given.
        words: What its annotation takes.
        order: All arguments, in order.
    """
    if told := _elsewhere(name, key, value, order) or _near(key, value, words):
        return told
    if "Recipe" in words and hasattr(value, "shape"):
        return f"{name}(model, (x, y)), data and labels as one pair"
    if {"int", "Count"}.intersection(words) and _is_number_like(value):
        return f"{key}={int(float(value))}"
    if key == "parts" and "Sequence[Any]" in words:
        return f"{name}([{value!r:.40}, ...])"
    return _counted(key, value, words) or _listed(key, value, words)


def _counted(key: str, value: Any, words: list[str]) -> str:
    """Returns the number, or the shape, that is written as another kind of thing."""
    if isinstance(value, list | tuple):
        alike = all(isinstance(one, int) and one == value[0] for one in value)
        return f"{key}={value[0]}" if value and alike and "Count" in words else ""
    if isinstance(value, str):
        number = "float" in words and _NUMBER.fullmatch(value)
        return f"{key}={float(value):g}" if number else ""
    if key == "ratio" and isinstance(value, float) and 0 < value < 1:
        return f"{key}={round(1 / value)}"
    if "NormWord" in words and is_keras("layers.Layer", value):
        return "the layer as it is, which is a part"
    said = [written for word, written in _WHOLE.items() if word in words]
    whole = isinstance(value, int) and value > 0
    return f"{key}={said[0].format(value)}" if whole and said else ""


_WHOLE = {
    "Padding": "'symmetric', as PyTorch pads",
    "PoolWord": "'max', size={0}",
    "Shape": "({0}, {0}, 3), for pictures in colour",
}
"""What to write for a whole number, where an annotation wants another thing."""
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?(e-?\d{1,2})?")


def _listed(key: str, value: Any, words: list[str]) -> str:
    """Returns a list that is taken, with the one thing that was given in it."""
    if "Counts" in words:
        whole = isinstance(value, int) and value > 0
        return f"{key}=({value},)" if whole else f"{key}=(3, 5), with numbers of yours"
    if isinstance(value, str) and _LISTS.intersection(words):
        return f"{key}=[{value!r:.40}]"
    if "Mapping[str, Iterable[str]]" in words and isinstance(value, list | tuple):
        return f"{key}={{{', '.join(f'{one!r:.40}: [...]' for one in value[:3])}}}"
    return ""


def _elsewhere(name: str, key: str, value: Any, order: Sequence[str]) -> str:
    """Returns where a tensor or a model belongs."""
    for kind, own in _OWN.items():
        if is_keras(kind, value) and order and order[0] in own:
            return f"{name}({', '.join(order[: order.index(key) + 1])}), in this order"
    if (key, *order[1:2]) == ("filters", "kernel_size") and isinstance(value, tuple):
        return f"{name}(filters, kernel_size), in this order"
    if key == "path" and is_keras("Model", value):
        return f"the model as it is: {name} reads a file"
    if is_keras("KerasTensor", value):
        return f"{name}(...)(x): it makes a part, which is called on the tensor"
    return ""


def _near(key: str, value: Any, words: list[str]) -> str:
    """Returns the nearest of the words that are taken."""
    known = [word for name in words for word in OFFERED.get(name, ())]
    few = known if isinstance(value, str) and len(known) <= 3 else []
    near = get_close_matches(str(value).lower(), known, 1) or few
    return " or ".join(f"{key}={word!r}" for word in near)


_OWN = {"KerasTensor": {"input_tensor"}, "Model": {"model"}}
"""Values that are known by their kind, and the arguments that they are for."""


def _is_number_like(value: Any) -> bool:
    """Says whether a whole number is written as another: 32.0, "64"."""
    text = str(value) if isinstance(value, str | float) else ""
    return bool(re.fullmatch(r"\d{1,9}(\.0)?", text))


def is_keras(kind: str, value: Any) -> bool:
    """Says whether a value is of a class of Keras; who has one has imported Keras.

    Args:
        kind: The class, as it is found in Keras.
        value: A value.
    """
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, attrgetter(kind)(keras))
