"""How much work a description stands for: nested models multiply."""

from __future__ import annotations

import sys
from typing import Any

from keras_residual.files.config import Config, is_called, objects
from keras_residual.files.errors import IN_PYTHON, RefusedError

# About a millisecond each.
LARGEST_CALLS = 20_000
# Keras goes through all layers once more for each that stands before its input.
LARGEST_ATTEMPTS = 200_000


def check_wiring(config: Config) -> int:
    """Refuses a description that stands for more work than its size shows.

    Args:
        config: A description that `clean` has seen.

    Returns:
        How often layers are called in all.

    Raises:
        RefusedError: It nests too deep, or calls its layers too often.
    """
    try:
        calls = _calls(config)
        attempts = sum(map(_attempts, objects(config)))
        alike = _shared_are_alike(config)
        longest = max(map(_in_a_row, objects(config)), default=0)
    except RecursionError as error:
        raise _tangled("values nested too deep") from error
    if calls > LARGEST_CALLS:
        raise _tangled(f"layers that are called {calls} times in all")
    if attempts > LARGEST_ATTEMPTS:
        raise _tangled("layers that stand before what they need")
    if longest >= sys.getrecursionlimit():
        raise _too_long(longest)
    if not alike:
        raise _tangled("two different layers that claim to be one")
    return calls


def _calls(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_calls, value))
    if not isinstance(value, dict):
        return 0
    inside = sum(map(_calls, value.values()))
    if "class_name" not in value or not is_called(value):
        return inside
    # Twice: Keras may go through a nested model to build it, and to call it.
    return max(1, len(list_of(value, "inbound_nodes"))) * (1 + 2 * inside)


def _attempts(item: Config) -> int:
    layers = [x for x in list_of(item.get("config"), "layers") if isinstance(x, dict)]
    places = {str(layer.get("name")): at for at, layer in enumerate(layers)}
    late = sum(
        places.get(name, 0) >= at
        for at, layer in enumerate(layers)
        for name in _sources(layer)
    )
    return (1 + late) * len(layers)


def _in_a_row(item: Config) -> int:
    """Counts the calls that stand one behind the other, as far as they are in order."""
    layers = [x for x in list_of(item.get("config"), "layers") if isinstance(x, dict)]
    if item.get("class_name") == "Sequential":
        return len(layers)
    place: dict[tuple[str, str], int] = {}
    for layer in layers:
        for call, node in enumerate(list_of(layer, "inbound_nodes")):
            before = (place.get(source, 1) for source in calls_read(node))
            place[str(layer.get("name")), str(call)] = 1 + max(before, default=0)
    return max(place.values(), default=0)


def _sources(layer: Config) -> list[str]:
    """Returns the names of the layers that a layer takes its inputs from."""
    nodes = list_of(layer, "inbound_nodes")
    # Keras 2 wrote lists, which are not looked into: as late as can be.
    lists = [str(layer.get("name")) for node in nodes if isinstance(node, list)]
    return lists + [name for name, _ in calls_read(nodes)]


def calls_read(nodes: Any) -> list[tuple[str, str]]:
    """Returns which layers' outputs are taken, and of which of their calls.

    Args:
        nodes: The calls of a layer, or one of them.
    """
    return [
        (str(history[0]), str(history[1]))
        for item in objects(nodes)
        if len(history := list_of(item.get("config"), "keras_history")) > 1
    ]


def list_of(value: Any, key: str) -> list:
    """Returns the list that stands under a name, or an empty one.

    Args:
        value: An object of a description, or anything else.
        key: The name.
    """
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _shared_are_alike(config: Config) -> bool:
    first: dict[str, Any] = {}
    for item in objects(config):
        if "shared_object_id" in item:
            bare = _bare({key: item.get(key) for key in ("class_name", "config")})
            if first.setdefault(repr(item["shared_object_id"]), bare) != bare:
                return False
    return True


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    left_out = ("build_config", "shared_object_id")
    return {key: _bare(item) for key, item in value.items() if key not in left_out}


def _too_long(calls: int) -> RefusedError:
    return RefusedError(
        "its layers stand in a longer row than Python follows.",
        given=f"{calls} calls one behind the other, and a recursion limit of "
        f"{sys.getrecursionlimit()}",
        needed="Keras goes from the last layer to the first, a level each.",
        write=f"sys.setrecursionlimit({calls + 1_000}), and open it again",
    )


def _tangled(given: str) -> RefusedError:
    return RefusedError(
        "its description stands for too much work.",
        given=given,
        needed=f"Up to {LARGEST_CALLS} calls of layers, each after what it needs.",
        write=f"model = {IN_PYTHON}; and pass the model",
    )
