"""Builds a model that was checked; each weight gets the array of its name, or none."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_residual.files.config import ROW, Config, Row
from keras_residual.files.errors import RefusedError, shown


def build(config: Config, arrays: dict[str, np.ndarray]) -> keras.Model:
    """Builds a model with the weights of its file.

    Args:
        config: The model, as Keras 3 describes it, after all checks.
        arrays: Its weights; each name begins with that of a layer.

    Raises:
        RefusedError: A weight has no array, or one of another shape or type.
    """
    # Keras takes a description apart while it reads it.
    model: Any = keras.saving.deserialize_keras_object(
        copy.deepcopy(config), custom_objects={ROW: Row}
    )
    left = set(arrays)
    for layer in model.layers:
        weights = {weight.path: weight for weight in layer.weights}
        own = {
            name[len(layer.name) + 1 :]: name
            for name in arrays
            if _of(name, layer.name)
        }
        if not weights and not own:
            continue
        if len(weights) < len(layer.weights):
            raise _unfit(f"{shown(layer.name)}: two weights of one name")
        for path, name in _match(layer.name, list(weights), list(own)).items():
            _assign(weights[path], arrays[own[name]], own[name])
        left -= set(own.values())
    if left:
        raise _unfit(f"{shown(min(left))}, which belongs to no layer")
    for layer in _all(model):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model


def _of(name: str, layer: str) -> bool:
    return name.replace("/", "_").startswith(f"{layer}_") and (
        name.startswith(f"{layer}/") or "/" in name[: len(layer)]
    )


def _assign(weight: Any, array: np.ndarray, name: str) -> None:
    whole = array.dtype.kind in "iu" and str(weight.dtype).startswith(("int", "uint"))
    if array.shape != tuple(weight.shape) or not (
        whole or str(array.dtype) == str(weight.dtype)
    ):
        raise _unfit(
            f"{shown(name)}: {array.dtype} of shape {array.shape}, for a weight of "
            f"{weight.dtype} and shape {tuple(weight.shape)}"
        )
    weight.assign(array.astype(str(weight.dtype)))


def _all(model: Any) -> Iterator[Any]:
    waiting = [model]
    while waiting:
        layer = waiting.pop()
        yield layer
        waiting += getattr(layer, "layers", [])


def _unfit(given: str) -> RefusedError:
    return RefusedError(
        "its weights do not fit its layers.",
        given=given,
        needed="The file of a model has one array for each weight, of its shape and "
        "type.",
        write='model.save("model.keras") with the Keras that wrote it',
    )


_Path = tuple[str, ...]
# Each is compared with each where names differ most.
_MOST_COMPARED = 300
_COUNTED = re.compile(r"_\d+")


def _match(layer: str, weights: Sequence[str], arrays: Sequence[str]) -> dict[str, str]:
    """Returns the name of the array for each weight.

    Orders differ between versions of Keras, and arrays of one shape are many. So what
    counts are names: that of the weight itself where it is the only one in its layer,
    then with the name of its own layer, then with all names on the way.
    """
    wanted = {_path(name): name for name in weights}
    held = dict(_read(arrays))
    if len(wanted) == len(weights) == len(held) == len(arrays):
        for paired in (_by_end(1), _by_end(2), _by_way(_same), _by_way(_counted)):
            if pairs := paired(list(wanted), list(held)):
                return {wanted[one]: held[other] for one, other in pairs.items()}
    raise RefusedError(
        "its weights go by other names than Keras gives them.",
        given=f"{shown(layer)}: {len(arrays)} arrays {shown(list(arrays)[:3])} for "
        f"{len(weights)} weights {shown(list(weights)[:3])}",
        needed="The name of an array says which weight it is.",
        write='model.save("model.keras") with the Keras that wrote it',
    )


def _path(name: str) -> _Path:
    return tuple(name.partition(":")[0].split("/"))


def _read(arrays: Sequence[str]) -> list[tuple[_Path, str]]:
    """Returns paths in today's words: a depthwise kernel alone is a kernel."""
    paths = [_path(name) for name in arrays]
    separable = {path[:-1] for path in paths if path[-1] == "pointwise_kernel"}
    today = [
        (*path[:-1], "kernel")
        if path[-1] == "depthwise_kernel" and path[:-1] not in separable
        else path
        for path in paths
    ]
    return list(zip(today, arrays, strict=True))


_Pairing = Callable[[list[_Path], list[_Path]], dict[_Path, _Path]]


def _by_end(length: int) -> _Pairing:
    def paired(wanted: list[_Path], held: list[_Path]) -> dict[_Path, _Path]:
        ends = {path[-length:]: path for path in held}
        own = {path[-length:] for path in wanted}
        if len(ends) < len(held) or own != ends.keys() or len(own) < len(wanted):
            return {}
        return {path: ends[path[-length:]] for path in wanted}

    return paired


def _by_way(alike: Callable[[str, str], bool]) -> _Pairing:
    def paired(wanted: list[_Path], held: list[_Path]) -> dict[_Path, _Path]:
        if len(wanted) > _MOST_COMPARED:
            return {}
        found = {
            path: [other for other in held if _on_the_way(path, other, alike)]
            for path in wanted
        }
        taken = {others[0] for others in found.values() if len(others) == 1}
        if len(taken) < len(held) or any(len(one) > 1 for one in found.values()):
            return {}
        return {path: others[0] for path, others in found.items()}

    return paired


def _on_the_way(one: _Path, other: _Path, alike: Callable[[str, str], bool]) -> bool:
    """Says whether the names of the shorter path stand in the longer one, in order."""
    if one[-1] != other[-1]:
        return False
    flip = len(one) > len(other)
    short, rest = (other, iter(one)) if flip else (one, iter(other))
    return all(any(alike(b, a) if flip else alike(a, b) for b in rest) for a in short)


def _same(weight: str, array: str) -> bool:
    return weight == array


def _counted(weight: str, array: str) -> bool:
    """TensorFlow counted on where a name was taken."""
    rest = array.removeprefix(weight)
    return array == weight or (
        array.startswith(weight) and _COUNTED.fullmatch(rest) is not None
    )
