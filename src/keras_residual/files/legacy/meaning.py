"""What Keras 3 would compute otherwise than the Keras that wrote a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from keras_residual.files.config import Config, objects
from keras_residual.files.errors import RefusedError, shown

VERSION = re.compile(r"[23]\.\d{1,4}[.\w+-]{0,40}", re.ASCII)
SLOPE = (
    "build the model in Python, with {}=lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1); "
    "model.load_weights(path); and pass the model"
)
OLD = 'model.save("model.h5") with TensorFlow 2.2 or newer, where you have the model'


def check_meaning(config: Config, version: str, backend: str) -> None:
    """Refuses a model whose layers mean something else today.

    Args:
        config: The model, as Keras 3 describes it.
        version: The Keras that wrote it.
        backend: What that Keras computed with.

    Raises:
        RefusedError: It says what has changed.
    """
    if not VERSION.fullmatch(version):
        raise _other(
            f"keras_version {shown(version)}",
            "We open what Keras 2 and Keras 3 wrote.",
            OLD,
        )
    if version.startswith("3"):
        return
    if backend not in ("tensorflow", "cntk"):
        raise _other(
            f"a file of Keras on {shown(backend)}",
            "Theano turned the kernels of convolutions around.",
            "the file of a model that was trained on TensorFlow",
        )
    for layer, setting, value in _settings(config):
        if value == "hard_sigmoid":
            raise _other(
                f"{layer}: {setting}='hard_sigmoid', of a slope of 0.2",
                "In Keras 3 its slope is 1/6.",
                SLOPE.format(setting),
            )
        if value == "bilinear" and not _half_pixels(version):
            raise _other(
                f"{layer}: {setting}='bilinear' in Keras {shown(version)}",
                "TensorFlow 1 and 2 take other pixels.",
                OLD,
            )


def _settings(config: Config) -> Iterator[tuple[str, str, Any]]:
    for item in objects(config):
        inside = item.get("config")
        if isinstance(inside, dict):
            where = f"{shown(item.get('class_name'))} {shown(inside.get('name'))}"
            yield from ((where, str(key), inside[key]) for key in inside)


def _half_pixels(version: str) -> bool:
    """TensorFlow 2.2 was the first to say that it is not TensorFlow 1."""
    minor = int(version.split(".")[1].partition("-")[0])
    return minor >= 4 or (minor == 3 and version.endswith("-tf"))


def _other(given: str, needed: str, write: str) -> RefusedError:
    return RefusedError(
        "Keras 3 would compute something else.", given=given, needed=needed, write=write
    )
