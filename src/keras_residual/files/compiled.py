"""How a model was compiled, as a file says it: names on a list, and bounded numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from keras_residual._keras import SOURCE
from keras_residual.files.allowed import (
    LOSS_NAMES,
    LOSS_OBJECTS,
    METRIC_NAMES,
    METRIC_OBJECTS,
    OPTIMIZER_NAMES,
    PLAIN,
    SCHEDULE_OBJECTS,
)
from keras_residual.files.config import WHY, Config, is_listed, objects, pair
from keras_residual.files.errors import RefusedError, shown

Names = frozenset[str]
Known = frozenset[tuple[str, str]]
OPTIMIZERS = "keras.optimizers"
# Each backend has some of its own, under the same names.
_HOMES = re.compile(
    rf"{re.escape(OPTIMIZERS)}|{re.escape(SOURCE)}backend\.\w+\.optimizers(\.\w+)?",
    re.ASCII,
)
# Some words are patterns, which Keras searches for in names: no sign of one but a dot.
_WORDS = re.compile(r"[\w ./>-]{0,1000}")
_LARGEST = 2.0**53  # where whole numbers have gaps
_MOST = 10_000  # values in all
# What Keras repeats while it builds a step.
_REPEATED = {"steps_per_execution": 1_000, "ns_steps": 100}
# What a metric keeps grows as the square of these.
_SIZES = ("num_classes", "num_labels", "num_thresholds", "thresholds")
_LARGEST_STATE = 2**24
_OF_METRICS = ("metrics", "weighted_metrics")
PARTS = {"optimizer", "loss", *_OF_METRICS}
_SETTINGS = {"loss_weights", "run_eagerly", "steps_per_execution", "jit_compile"}
ANEW = (
    "model = kr.open_model(path), which leaves out how it was compiled; then "
    "model.compile(...)"
)


def find_compiled(config: Config) -> Config | None:
    """Returns how a model was compiled, or None if it was not.

    Args:
        config: The description, before `clean`.

    Raises:
        RefusedError: It names what is not on the list, or a setting is not allowed.
    """
    compiled = config.get("compile_config")
    if not compiled:
        return None
    if not isinstance(compiled, dict) or set(compiled) - PARTS - _SETTINGS:
        raise _unfit("compile_config", compiled)
    if sum(1 for _ in _values(compiled)) > _MOST:
        raise _unfit("compile_config", f"more than {_MOST} values")
    _check_optimizer(compiled.get("optimizer"))
    _check_each("loss", compiled.get("loss"), LOSS_NAMES, LOSS_OBJECTS)
    for name in _OF_METRICS:
        _check_each(name, compiled.get(name), METRIC_NAMES, METRIC_OBJECTS)
    metrics = objects([compiled.get(name) for name in _OF_METRICS])
    if sum(map(_size, metrics)) > _LARGEST_STATE:
        raise _unfit("metrics", f"metrics that keep more than {_LARGEST_STATE} numbers")
    for name in sorted(_SETTINGS):
        value = compiled.get(name)
        if isinstance(value, dict) and name == "loss_weights":  # by output
            value = list(value.values())
        _check_setting(name, value)
    return compiled


def _check_optimizer(item: Any) -> None:
    """Refuses an optimizer of strangers; one of a backend becomes Keras's own."""
    if item is None:
        return
    module, name = pair(item) if isinstance(item, dict) else ("", "")
    known = name in OPTIMIZER_NAMES and _HOMES.fullmatch(module)
    if not known or item.get("registered_name") not in (None, name):
        raise _foreign("optimizer", item)
    inside = item.get("config")
    if not isinstance(inside, dict):
        raise _unfit(name, inside)
    for setting, value in inside.items():
        if setting == "inner_optimizer":
            _check_optimizer(value)
        elif setting == "learning_rate" and isinstance(value, dict):
            _check_object("schedule", value, SCHEDULE_OBJECTS)
        else:
            _check_setting(setting, value)
    item.update(module=OPTIMIZERS, registered_name=None)


def _check_each(where: str, value: Any, names: Names, known: Known) -> None:
    """Refuses losses or metrics of strangers, in lists and by the names of outputs."""
    if isinstance(value, list):
        for one in value:
            _check_each(where, one, names, known)
    elif isinstance(value, dict) and "class_name" not in value:
        _check_each(where, list(value.values()), names, known)
    elif isinstance(value, dict):
        _check_object(where, value, known)
    elif value is not None and str(value) not in names:
        raise _foreign(where, value)


def _check_object(where: str, item: Config, known: Known) -> None:
    if not is_listed(item, known):
        raise _foreign(where, item)
    name, inside = pair(item)[1], item.get("config")
    if name == "function":
        return
    if not isinstance(inside, dict):
        raise _unfit(name, inside)
    for setting, value in inside.items():
        if setting == "dtype" and isinstance(value, dict):
            _check_object(where, value, PLAIN)
        else:
            _check_setting(f"{name} {setting}", value)


def _check_setting(name: str, value: Any) -> None:
    """Refuses what is no word and no finite number, nor a list of such."""
    values = value if isinstance(value, list) else [value]
    most = _REPEATED.get(name, _LARGEST)
    if not all(_is_plain(one, most) for one in values):
        raise _unfit(name, value)


def _is_plain(value: Any, most: float) -> bool:
    if isinstance(value, str):
        return _WORDS.fullmatch(value) is not None
    if isinstance(value, int | float):
        return abs(value) <= most  # which no NaN is
    return value is None


def _values(value: Any) -> Iterator[Any]:
    """Yields every value in lists and dicts, and these themselves."""
    yield value
    if isinstance(value, list | dict):
        for inside in value.values() if isinstance(value, dict) else value:
            yield from _values(inside)


def _size(metric: Config) -> int:
    """Bounds how many numbers a metric keeps."""
    inside = metric.get("config")
    if not isinstance(inside, dict):
        return 0
    sizes = [inside.get(name) for name in _SIZES]
    counts = [len(s) if isinstance(s, list) else s for s in sizes]
    return max((int(n) for n in counts if isinstance(n, int | float)), default=0) ** 2


def _foreign(where: str, item: Any) -> RefusedError:
    name = item.get("class_name") if isinstance(item, dict) else item
    inside = item.get("config") if isinstance(item, dict) else None
    if name == "function":
        name = inside
    place = f" of {shown(item.get('module'))}" if isinstance(item, dict) else ""
    why = f": {WHY[name]}" if isinstance(name, str) and name in WHY else ""
    return RefusedError(
        "it was compiled with what we do not make from a file.",
        given=f"{where}: {shown(name)}{place}{why}",
        needed="The optimizer, its schedule, the loss and the metrics are Keras's own, "
        "and none of them holds code.",
        write=ANEW,
    )


def _unfit(name: str, value: Any) -> RefusedError:
    return RefusedError(
        "how it was compiled has a setting that we do not take from a file.",
        given=f"{shown(name)}: {shown(value)}",
        needed="Settings are words and finite numbers of a size that training needs.",
        write=ANEW,
    )
