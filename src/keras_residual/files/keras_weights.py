"""Loads `.weights.h5` files of Keras by the names of layers, which Keras does not.

Keras writes each layer at a position among those of its class, and beside it its name,
which it never reads: layers of one shape that changed places are loaded without a word.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import keras
import numpy as np

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import read_regular
from keras_residual.files.by_name import ANEW, apart, name_in
from keras_residual.files.errors import DAMAGED, RefusedError, shown
from keras_residual.files.tensors import LARGEST_HEADER
from keras_residual.files.values import SEEDS, check_numbers
from keras_residual.files.weights import arrays, check_weights, numbers, stored_type

DIGITS = re.compile(r"\d{1,9}", re.ASCII)
Key = tuple[str, ...]
# Names, groups and what HDF5 keeps beside the arrays.
BESIDE = LARGEST_HEADER
STATES = 4  # the weights, and what an optimizer keeps of each


class Place(NamedTuple):
    """An array in a file, and what is known of its layer."""

    path: str
    shape: tuple[int, ...]
    dtype: str


def load(
    model: keras.Model, path: Path, *, allow_not_finite: bool = False
) -> tuple[str, ...]:
    """Loads a file of weights into a model, layer by layer by name.

    Args:
        model: A model with weights.
        path: The file.
        allow_not_finite: Whether NaN, infinity and variances below zero are loaded.

    Returns:
        The paths of the weights.

    Raises:
        RefusedError: It is damaged, or its weights are not those of the model.
    """
    try:
        theirs = _read(path, 8 * model.count_params())
        held = check_weights(theirs)
        with tempfile.TemporaryDirectory() as folder:
            own = Path(folder) / "model.weights.h5"
            model.save_weights(own)
            with h5py.File(theirs, "r") as file, h5py.File(own, "r+") as target:
                places = [Place(*one) for one in held]
                _fill(target, file, places, allow_not_finite)
            model.load_weights(own)
    except RefusedError as error:
        raise error.within(f"Weights file {path}") from error.__cause__
    except OSError as error:  # what HDF5 finds damaged only when it reads it
        raise RefusedError(
            f"Weights file {path}: its weights are damaged.",
            given=shown(error),
            needed="A .weights.h5 file is an HDF5 file, whole to the last byte.",
            write=DAMAGED,
        ) from error
    return tuple(name_in(model, weight) for weight in model.weights)


def _read(path: Path, size: int) -> io.BytesIO:
    try:
        return io.BytesIO(read_regular(path, largest=STATES * size + BESIDE))
    except (ForeignError, OSError) as error:
        raise RefusedError(
            "its weights are not those of this model.",
            given=shown(error),
            needed=f"The weights of this model take up to {size} bytes.",
            write="the path of the file of this model",
        ) from error


def _fill(
    target: h5py.File, file: h5py.File, places: list[Place], allow_not_finite: bool
) -> None:
    named = any(True for _ in _names(file))
    own, theirs = _keyed(target, _places(target), named), _keyed(file, places, named)
    _compare(own, theirs)
    if not named:
        _check_clear(theirs)
    for key, place in theirs.items():
        values = np.asarray(file[place.path])
        if not allow_not_finite:
            check_numbers("/".join(key), numbers(values, place.dtype))
        slot: Any = target[own[key].path]
        slot[...] = values


def _places(file: h5py.File) -> list[Place]:
    return [Place(str(one.name), one.shape, stored_type(one)) for one in arrays(file)]


def _keyed(file: h5py.File, places: list[Place], named: bool) -> dict[Key, Place]:
    """Returns arrays by the names of the layers around them.

    Args:
        file: Where they stand.
        places: The arrays; those of optimizers are left out.
        named: Whether layers are known by name, or by position where there is none.
    """
    ranks = _ranks(file) if named else {}
    keyed: dict[Key, Place] = {}
    for place in places:
        steps = place.path.strip("/").split("/")
        if steps[0] == "optimizer":
            continue
        groups = ["/".join(steps[: at + 1]) for at in range(len(steps))]
        key = tuple(ranks.get(g, step) for g, step in zip(groups, steps, strict=True))
        if key in keyed:
            raise _mixed_up(f"two layers of the name {shown('/'.join(key))}")
        keyed[key] = place
    return keyed


def _ranks(file: h5py.File) -> dict[str, str]:
    """Returns what stands for each layer in a list of layers.

    That is its name; where Keras chose it, its position and its rank among the names of
    that kind: the numbers in them depend on what was made before.
    """
    names = dict(_names(file))
    numbers: dict[str, list[int]] = {}
    for group, name in names.items():
        kind, number = _split(name)
        if kind == _split(group.rpartition("/")[2])[0]:
            numbers.setdefault(kind, []).append(number)
    return {
        group: f"{group.rpartition('/')[2]} made as number "
        f"{sorted(numbers[kind]).index(at) + 1}"
        if kind == _split(group.rpartition("/")[2])[0]
        else name
        for group, name in names.items()
        for kind, at in [_split(name)]
    }


def _split(name: str) -> tuple[str, int]:
    """Splits what Keras numbers into its kind and its number."""
    kind, _, number = name.rpartition("_")
    return (kind, int(number)) if kind and DIGITS.fullmatch(number) else (name, 0)


def _names(file: h5py.File) -> Iterator[tuple[str, str]]:
    """Yields the layers that stand in lists, with their names."""
    waiting: list[tuple[str, h5py.Group, bool]] = [("", file, True)]
    while waiting:
        path, group, is_layer = waiting.pop()
        for step, inside in group.items():
            if step == "vars" or not isinstance(inside, h5py.Group):
                continue
            place = f"{path}/{step}".strip("/")
            own = inside.get("vars")
            name = own.attrs.get("name") if isinstance(own, h5py.Group) else None
            if isinstance(name, str) and not is_layer:
                yield place, name
            waiting.append((place, inside, own is not None))


def _compare(own: dict[Key, Place], theirs: dict[Key, Place]) -> None:
    if own.keys() != theirs.keys():
        missing = {_layer(key): None for key in own if key not in theirs}
        more = {_layer(key): None for key in theirs if key not in own}
        raise RefusedError(
            "its weights are not those of this model.",
            given=apart(missing, more),
            needed="Layers are found by their names. Where Keras chose these, they "
            "were made in the same order: by position alone, as Keras loads them, "
            "those of one shape could change places.",
            write=ANEW,
        )
    for key, needs in own.items():
        found = theirs[key]
        alike = found.dtype == needs.dtype or {found.dtype, needs.dtype} <= SEEDS
        if found.shape != needs.shape or not alike:
            raise RefusedError(
                "a weight is of another shape or type.",
                given={
                    "name ": shown("/".join(key)),
                    "file ": f"{found.dtype} {found.shape}",
                    "model": f"{needs.dtype} {needs.shape}",
                },
                needed="Nothing is cast, stretched or cut.",
                write="the model that was saved",
            )


def _layer(key: Key) -> str:
    return "/".join(step for step in key[:-2] if step != "layers")


def _check_clear(places: dict[Key, Place]) -> None:
    """Refuses a file without names, if layers of one kind are of one shape."""
    shapes: dict[str, list[tuple[int, ...]]] = {}
    for key, place in places.items():
        shapes.setdefault("/".join(key[:-2]), []).append(place.shape)
    alike = Counter((_split(path)[0], str(held)) for path, held in shapes.items())
    (kind, _), most = alike.most_common(1)[0] if alike else (("", ""), 0)
    if most > 1:
        raise _mixed_up(f"{most} layers {shown(kind)} of one shape, without names")


def _mixed_up(given: str) -> RefusedError:
    return RefusedError(
        "it does not say which layer is which.",
        given=given,
        needed="Layers are found by their names; by position alone, those of one "
        "shape could change places.",
        write='model.save_weights("model.weights.h5") with Keras 3.15, where you have '
        "the model",
    )
