"""How much work building a model may take: so much for each layer, and no more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import _bootstrap  # pyright: ignore[reportAttributeAccessIssue]
from types import FrameType

from keras_residual.files.errors import IN_PYTHON, RefusedError

# Calls of functions, and returns from them. Keras takes 10 to 25 thousand for a layer,
# and what is opened here no more beside; a million take about a second while counted.
ANYWAY = 2 * 10**6
FOR_A_CALL = 30_000
# Whatever imports a module goes through it.
IMPORT = vars(_bootstrap)["_find_and_load"].__code__


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
    allowed = ANYWAY + FOR_A_CALL * calls
    before, left, imports = sys.getprofile(), allowed, 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal left, imports
        if frame.f_code is IMPORT and event in ("call", "return"):
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
