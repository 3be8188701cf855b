"""Which backend Keras computes with, decided before Keras is imported."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from keras_residual.common.files import read_regular
from keras_residual.train.mistake import InputError

BACKENDS = ("tensorflow", "jax", "torch")  # fastest first on a CPU, as measured
LARGEST_SETTING = 2**20


def choose_backend(wanted: str | None = None) -> tuple[str, str | None]:
    """Sets the backend for this process, taking one that is installed.

    What was asked for goes first, then `KERAS_BACKEND`, then Keras's own setting file.
    Only where nobody asked is an installed backend taken in place of a missing one.

    Args:
        wanted: "tensorflow", "jax" or "torch". Whatever is set or installed by default.

    Returns:
        The backend, and a sentence for the reader where it is not Keras's default.

    Raises:
        InputError: The backend that was asked for is unknown or missing, none is
            installed, Keras already runs on another one, or what stands in the place of
            its setting file is none.
    """
    setting = _setting()
    asked = (os.environ.get("KERAS_BACKEND") or None) if wanted is None else wanted
    backend, note = _find(setting) if asked is None else (_demand(asked), None)
    _agree_with_running_keras(backend)
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # no start-up banners
    return backend, note


def _installed(backend: str) -> bool:
    return find_spec(backend) is not None


def _demand(backend: str) -> str:
    if not isinstance(backend, str) or backend not in BACKENDS:
        raise InputError(
            "Backend: the name is unknown.",
            given=f"backend={backend!r:.80}",
            needed="Keras computes with tensorflow, jax or torch.",
            write="--backend tensorflow",
        )
    if not _installed(backend):
        raise InputError(
            "Backend: it is not installed.",
            given=f"backend={backend!r}",
            needed="The backend is a package of its own, installed as an extra.",
            write=f'pip install "keras-residual[{backend}]"',
        )
    return backend


def _find(default: str) -> tuple[str, str | None]:
    if _installed(default):
        return default, None
    for backend in BACKENDS:
        if _installed(backend):
            return backend, f"{default} is not installed; computing with {backend}."
    raise InputError(
        "Backend: none is installed.",
        given="neither tensorflow nor jax nor torch can be imported",
        needed="Keras needs one of them to compute with.",
        write='pip install "keras-residual[tensorflow]"',
    )


def _setting() -> str:
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    path = home / "keras.json"
    try:
        text = read_regular(path, largest=LARGEST_SETTING).decode()
        setting = json.loads(text)["backend"]
    except OSError as error:
        _must_be_missing(path, error)
        return BACKENDS[0]
    except (ValueError, KeyError, TypeError, RecursionError):
        return BACKENDS[0]
    return setting if setting in BACKENDS else BACKENDS[0]


def _must_be_missing(path: Path, error: OSError) -> None:
    """Ends here what Keras would only end in a traceback, or not at all."""
    there = os.path.exists(path)  # noqa: PTH110 - as Keras asks
    if there and "keras" not in sys.modules:
        raise InputError(
            "Backend: Keras cannot read its settings.",
            given=error,
            needed="Keras reads keras.json as it is imported, and waits for a pipe.",
            write="KERAS_HOME=another/folder in front of the command",
        ) from error


def _agree_with_running_keras(backend: str) -> None:
    if "keras" not in sys.modules:
        return
    import keras

    if keras.config.backend() != backend:
        raise InputError(
            "Backend: Keras already runs on another one.",
            given=f"backend={backend!r}, running {keras.config.backend()!r}",
            needed="One process has one backend, chosen before Keras is imported.",
            write=f"KERAS_BACKEND={backend} in front of the command",
        )
