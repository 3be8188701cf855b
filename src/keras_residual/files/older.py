"""What older versions of Keras 3 wrote, where today's would read it otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from keras_residual.files.config import Config, objects
from keras_residual.files.errors import BUILD, RefusedError, shown
from keras_residual.files.wiring import calls_read, list_of

CROPS_ALONE, LOSES_CALLS = 6, 2  # minor versions of Keras 3


def bring_up(config: Config, version: str) -> None:
    """Says as today's Keras 3 does what an older one wrote.

    Args:
        config: The description; it is changed in place.
        version: The Keras 3 that wrote it.

    Raises:
        RefusedError: Today's Keras would compute something else.
    """
    for item in objects(config):
        inside = item.get("config")
        if not isinstance(inside, dict):
            continue
        if item["class_name"] == "RandomRotation":
            inside.pop("value_range", None)  # nothing ever looked at it
        if item["class_name"] == "RandomCrop":
            _check_crop(inside, version)
        _check_calls(inside, version)


def _check_crop(inside: Config, version: str) -> None:
    if _minor(version) >= CROPS_ALONE:
        return
    size = f"{shown(inside.get('height'))}, {shown(inside.get('width'))}"
    raise _other(
        f"RandomCrop {shown(inside.get('name'))} of Keras {shown(version)}",
        "Before 3.6 it resized in inference; today it leaves pictures as they are.",
        f"build the model in Python, with Resizing({size}, crop_to_aspect_ratio=True) "
        'in its place; load_weights(path); then model.save("model.keras")',
    )


def _check_calls(inside: Config, version: str) -> None:
    if _minor(version) == LOSES_CALLS and (lost := next(_lost_calls(inside), None)):
        raise _other(
            f"layer {shown(lost)}, called more than once, in a file of Keras "
            f"{shown(version)}",
            "Keras 3.2 did not write which of its calls the next layer takes.",
            BUILD,
        )


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def _lost_calls(inside: Config) -> Iterator[str]:
    """Yields the layers that are called more than once, and taken by another."""
    layers = [x for x in list_of(inside, "layers") if isinstance(x, dict)]
    taken = {name for x in layers for name, _ in calls_read(x.get("inbound_nodes"))}
    for layer in layers:
        several = len(list_of(layer, "inbound_nodes")) > 1
        if several and str(layer.get("name")) in taken:
            yield str(layer["name"])


def _other(given: str, needed: str, write: str) -> RefusedError:
    return RefusedError(
        "this Keras would compute something else.",
        given=given,
        needed=needed,
        write=write,
    )
