"""Finds for each weight of a layer its array: by their names, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from keras_residual.files.errors import RefusedError, shown

Path = tuple[str, ...]
# Each is compared with each where names differ most.
MOST_COMPARED = 300
COUNTED = re.compile(r"_\d+")


def match(layer: str, weights: Sequence[str], arrays: Sequence[str]) -> dict[str, str]:
    """Returns the name of the array for each weight.

    Orders differ between versions of Keras, and arrays of one shape are many. So what
    counts are names: that of the weight itself where it is the only one in its layer,
    then with the name of its own layer, then with all names on the way.

    Args:
        layer: A layer or model in the model.
        weights: The paths of its weights.
        arrays: The names of its arrays in the file, without that of the layer.

    Raises:
        RefusedError: There is more than one way, or none.
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


def _path(name: str) -> Path:
    return tuple(name.partition(":")[0].split("/"))


def _read(arrays: Sequence[str]) -> list[tuple[Path, str]]:
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


Pairing = Callable[[list[Path], list[Path]], dict[Path, Path]]


def _by_end(length: int) -> Pairing:
    def paired(wanted: list[Path], held: list[Path]) -> dict[Path, Path]:
        ends = {path[-length:]: path for path in held}
        own = {path[-length:] for path in wanted}
        if len(ends) < len(held) or own != ends.keys() or len(own) < len(wanted):
            return {}
        return {path: ends[path[-length:]] for path in wanted}

    return paired


def _by_way(alike: Callable[[str, str], bool]) -> Pairing:
    def paired(wanted: list[Path], held: list[Path]) -> dict[Path, Path]:
        if len(wanted) > MOST_COMPARED:
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


def _on_the_way(one: Path, other: Path, alike: Callable[[str, str], bool]) -> bool:
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
        array.startswith(weight) and COUNTED.fullmatch(rest) is not None
    )
