"""What callbacks know of a run, kept by their plain attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ForeignError
from keras_residual.files.tensors import Arrays

# What a list of arrays is called among all arrays: the attribute, and the place.
_PLACE = "callbacks/{number}/{name}/{place}"
_OF_KERAS = {
    *("_model", "_params", "params", "model", "validation_data"),
    "min_delta",  # a setting, whose sign Keras turns where it first looks at it
    "monitor_op",  # the function that it then finds for another setting
}
_KINDS = ((int, float, np.generic), (list, tuple), (dict,))
_MOST = 10_000  # numbers in a list that is kept


class CallbackStates:
    """Reads what callbacks know of a run, and gives it back.

    A callback that has `get_state` and `set_state` says itself what it needs, in plain
    values. Of any other each attribute is kept that training has changed and that is a
    number, or a list or a dictionary of numbers, or arrays: the best value so far, how
    long none was better, the best weights. Settings stay what they are made with.

    Args:
        callbacks: In the order in which `fit` has them.
    """

    def __init__(self, callbacks: Sequence[Any]) -> None:
        self.callbacks = callbacks
        self._at_first: list[dict[str, Any]] = [{} for _ in callbacks]

    def begin(self) -> None:
        """Notes what callbacks begin with; each has begun by now."""
        self._at_first = [dict(_attributes(one)) for one in self.callbacks]

    def read(self) -> tuple[list[dict[str, Any]], Arrays]:
        """Returns what they know, as plain values and as arrays by name."""
        states, arrays = [], {}
        for number, callback in enumerate(self.callbacks):
            values: dict[str, Any] = {}
            for name, value in self._changed(number):
                if (plain := _plain(value)) is not _NONE:
                    values[name] = plain
                elif _are_arrays(value):
                    values[name] = {"arrays": len(value)}
                    for place, array in enumerate(value):
                        key = _PLACE.format(number=number, name=name, place=place)
                        arrays[key] = np.asarray(array)
            states.append({"class": type(callback).__name__, "values": values})
        return states, arrays

    def _changed(self, number: int) -> Iterator[tuple[str, Any]]:
        callback, first = self.callbacks[number], self._at_first[number]
        for name, value in _attributes(callback).items():
            same = name in first and _same(value, first[name])
            if _says_itself(callback) or not same:
                yield name, value

    def unkept(self) -> list[str]:
        """Names what callbacks hold and a checkpoint cannot keep.

        Text, functions and what is Keras's own are settings, which whoever goes on
        gives again.
        """
        settings = (str, bytes, type, keras.Model, keras.layers.Layer)
        return [
            f"{type(callback).__name__}.{name}"
            for callback in self.callbacks
            for name, value in _attributes(callback).items()
            if _plain(value) is _NONE
            and not _are_arrays(value)
            and not isinstance(value, settings)
            and not callable(value)
        ]

    def give(self, states: Any, arrays: Arrays) -> None:
        """Gives callbacks back what `read` had of them.

        Only numbers, lists of them and arrays are set: no path, no text and no function
        is ever taken from a file.

        Args:
            states: What stands in the file.
            arrays: All arrays of the file.

        Raises:
            ForeignError: They are of other callbacks, or hold something else.
        """
        if not isinstance(states, list) or len(states) != len(self.callbacks):
            raise ForeignError(f"it has not {len(self.callbacks)} callbacks")
        found = [
            _found(number, callback, state, arrays)
            for number, (callback, state) in enumerate(
                zip(self.callbacks, states, strict=True)
            )
        ]
        for callback, values in zip(self.callbacks, found, strict=True):
            if _says_itself(callback):
                _say(callback, values)
            else:
                vars(callback).update(values)


def _found(number: int, callback: Any, state: Any, arrays: Arrays) -> dict[str, Any]:
    kind = type(callback).__name__
    values = state.get("values") if isinstance(state, dict) else None
    if not isinstance(values, dict) or state.get("class") != kind:
        raise ForeignError(f"callback {number + 1} is no {kind} there")
    itself = _says_itself(callback)
    fixed = () if itself else _OF_KERAS
    for name in values:
        plain = name.isidentifier() and name not in fixed
        if not plain or hasattr(type(callback), name):
            raise ForeignError(f"{name!r:.80} is no attribute of {kind} that changes")
    found = {
        name: _read(f"{kind}.{name}", number, name, value, arrays)
        for name, value in values.items()
    }
    for name, value in found.items():
        if not itself and not _may_become(vars(callback).get(name), value):
            raise ForeignError(f"{kind}.{name} is of another kind there")
    return found


def _say(callback: Any, values: dict[str, Any]) -> None:
    try:
        callback.set_state(values)
    except Exception as error:  # what it raises of such values is its own
        kind = type(callback).__name__
        raise ForeignError(f"{kind} does not take its values: {error}") from error


def _may_become(now: Any, value: Any) -> bool:
    """Says whether what a callback has at first can become a value in training."""
    if now is None or value is None:
        return True
    for kinds in _KINDS:
        if isinstance(now, kinds):
            return isinstance(value, kinds)
    return not callable(now)


_NONE = object()


def _says_itself(callback: Any) -> bool:
    return hasattr(callback, "get_state") and hasattr(callback, "set_state")


def _attributes(callback: Any) -> dict[str, Any]:
    if _says_itself(callback):
        return dict(callback.get_state())
    return {k: v for k, v in vars(callback).items() if k not in _OF_KERAS}


def _same(value: Any, before: Any) -> bool:
    """Says whether a setting is what it was; lists and arrays may change in place."""
    return value is before and not isinstance(value, list | dict | np.ndarray)


def _plain(value: Any) -> Any:
    """Returns numbers as JSON holds them, or `_NONE` where they are none."""
    if isinstance(value, np.generic | np.ndarray) and value.ndim == 0:
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, list | tuple) and len(value) <= _MOST:
        inside = [_plain(one) for one in value]
        return _NONE if any(one is _NONE for one in inside) else inside
    if isinstance(value, dict) and len(value) <= _MOST:
        named = {name: _plain(one) for name, one in value.items()}
        texts = all(isinstance(name, str) for name in named)
        whole = texts and all(one is not _NONE for one in named.values())
        return {"dict": named} if whole else _NONE
    return _NONE


def _are_arrays(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(one, np.ndarray) for one in value)
    )


def _read(where: str, number: int, name: str, value: Any, arrays: Arrays) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and len(value) <= _MOST:
        return [_read(where, number, name, one, arrays) for one in value]
    if isinstance(value, dict) and len(value) == 1:
        kind, inside = next(iter(value.items()))
        if kind == "float" and inside in ("inf", "-inf", "nan"):
            return float(inside)
        if kind == "dict" and isinstance(inside, dict):
            return {
                key: _read(where, number, name, one, arrays)
                for key, one in inside.items()
            }
        if kind == "arrays" and type(inside) is int and 0 <= inside <= len(arrays):
            keys = [
                _PLACE.format(number=number, name=name, place=place)
                for place in range(inside)
            ]
            if all(key in arrays for key in keys):
                return [arrays[key] for key in keys]
    raise ForeignError(f"{where} is no number, and no list of numbers or arrays")
