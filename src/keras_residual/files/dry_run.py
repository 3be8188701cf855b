"""Loads a model for show: shapes are compared, and memory and work are bounded."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import _bootstrap
from types import FrameType
from typing import Any

import keras

from keras_residual._keras_replaced import states_declared, weights_to_come
from keras_residual.files.errors import BUILD, DAMAGED, IN_PYTHON, RefusedError, shown

# What layers keep between calls is in no file, and small: some numbers an example.
_LARGEST_STATES = 2**24


def load(make: Callable[[], Any], version: str) -> keras.Model:
    """Loads a model that was checked; what Keras says against it is passed on.

    Args:
        make: Lets Keras make it.
        version: The Keras that wrote it.

    Raises:
        RefusedError: Keras cannot make a model of it.
    """
    with weights_to_come():
        return _made(make, version)


def _made(make: Callable[[], Any], version: str) -> keras.Model:
    try:
        return make()
    except RefusedError:
        raise
    except Exception as error:  # Keras raises whatever its layers do
        raise RefusedError(
            "Keras cannot make a model of it.",
            given=f"a file of Keras {shown(version)}; {shown(error)}",
            needed=f"Weights fit their layers, and layers fit Keras {keras.version()}.",
            write=_remedy(error, version),
        ) from error


def dry_run(
    make: Callable[[], Any], version: str, *, calls: int, largest: int
) -> list[Any]:
    """Refuses a model whose weights do not fit its file, before it takes memory.

    Args:
        make: Lets Keras make it.
        version: The Keras that wrote it.
        calls: How often layers are called in all; so much work is allowed.
        largest: How many parameters are allowed.

    Returns:
        Its weights, which know their shapes and types and hold no numbers.

    Raises:
        RefusedError: Keras cannot make a model of it, it declares too many weights, or
            a weight that the file does not hold.
    """
    # In a thread of its own: Keras notes there which variables still want their
    # values, and would give them to the largest of models later on.
    with ThreadPoolExecutor(1) as thread:
        weights, missing = thread.submit(_declared, make, version, calls).result()
    declared = sum(math.prod(weight.shape) for weight in weights)
    if declared > largest:
        raise RefusedError(
            "it is larger than allowed.",
            given=f"{declared} parameters",
            needed=f"A model has up to {largest} parameters, unless you allow more.",
            write=f"largest_parameters={declared}",
        )
    if missing:
        raise RefusedError(
            "it declares weights that it does not hold.",
            given=f"{len(missing)} of them, the first {shown(missing[0])}",
            needed="A file holds the weights of every layer that it describes.",
            write=DAMAGED,
        )
    return weights


def _declared(
    make: Callable[[], Any], version: str, calls: int
) -> tuple[list[Any], list[str]]:
    """Returns the weights that a model declares, and names those without a value."""
    with (
        bounded_work(calls),
        states_declared(_states_allowed()),
        keras.StatelessScope(initialize_variables=False) as scope,
    ):
        weights = _made(make, version).weights
    values = ((weight.path, scope.get_current_value(weight)) for weight in weights)
    missing = [name for name, value in values if value is None]
    return weights, missing


def _states_allowed() -> Callable[[Any], None]:
    left = _LARGEST_STATES

    def allow(states: Any) -> None:
        nonlocal left
        left -= sum(math.prod(one.shape) for one in keras.tree.flatten(states))
        if left < 0:
            raise RefusedError(
                "its layers keep more between calls than allowed.",
                given=f"more than {_LARGEST_STATES} numbers",
                needed="A layer with stateful=True keeps some numbers an example.",
                write=f"model = {IN_PYTHON}; and pass the model",
            )

    return allow


def _remedy(error: Exception, version: str) -> str:
    if isinstance(error, RecursionError):
        return "sys.setrecursionlimit(10_000), and open it again"
    if _order(version) > _order(keras.version()):
        return "pip install --upgrade keras"
    return BUILD  # the file is whole: a second copy of it would say the same


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")[:2] if part.isdecimal()]


# Calls of functions, and returns from them. Keras takes 10 to 25 thousand for a layer,
# and what is opened here no more beside; a million take about a second while counted.
ANYWAY = 2 * 10**6
_FOR_A_CALL = 30_000
# Whatever imports a module goes through it.
_IMPORT = vars(_bootstrap)["_find_and_load"].__code__


class _TooMuchWorkError(BaseException):
    """Passes by whoever catches every `Exception`."""


@contextmanager
def bounded_work(calls: int) -> Iterator[None]:
    """Ends what takes more work than so many layers should.

    A number in a file may say how often something is done: a million outputs are a few
    bytes. What is counted is the work itself, whoever does it and however.

    Args:
        calls: How often layers are called in what is built meanwhile, in this thread.

    Raises:
        RefusedError: It took more.
    """
    allowed = ANYWAY + _FOR_A_CALL * calls
    before, left, imports = sys.getprofile(), allowed, 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal left, imports
        if frame.f_code is _IMPORT and event in ("call", "return"):
            imports += 1 if event == "call" else -1
        left -= not imports
        if left < 0:
            raise _TooMuchWorkError

    sys.setprofile(count)
    try:
        yield
    except _TooMuchWorkError:
        raise RefusedError(
            "it stands for more work than its size shows.",
            given=f"{calls} calls of layers, and more than {allowed} of functions to "
            "build them",
            needed="What a file describes is built in a time that fits its layers.",
            write=f"model = {IN_PYTHON}; and pass the model",
        ) from None
    finally:
        sys.setprofile(before)
