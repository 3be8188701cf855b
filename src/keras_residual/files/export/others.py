"""What converters and runtimes print, held back, and what they refuse with, quoted."""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from textwrap import shorten
from typing import Any


@contextmanager
def quiet() -> Iterator[None]:
    """Holds back banners, log lines and warnings; exceptions pass.

    They come from Python and, past `sys.stderr`, from C++.
    """
    before = logging.root.manager.disable
    with ExitStack() as stack:
        nowhere = stack.enter_context(open(os.devnull, "w"))  # noqa: PTH123 - a device
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            stream.flush()
            kept = os.dup(number)
            os.dup2(nowhere.fileno(), number)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, number)
            stack.callback(stream.flush)
        held: Any = _Held("stdout"), _Held("stderr")
        stack.enter_context(redirect_stdout(held[0]))
        stack.enter_context(redirect_stderr(held[1]))
        for one in held:
            stack.callback(one.release)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.callback(logging.disable, before)
        logging.disable(logging.CRITICAL)
        yield


class _Held:
    """A stream that holds back what is written to it, until it is released.

    Whoever sets up logging meanwhile keeps it, as TensorFlow does, and goes on writing:
    from then on to the stream that it stood for.

    Args:
        name: `"stdout"` or `"stderr"`.
    """

    def __init__(self, name: str) -> None:
        self._name, self._own, self._held = name, getattr(sys, name), True

    def release(self) -> None:
        """Lets through what is written from now on."""
        self._held = False

    def write(self, text: str) -> int:
        """Writes, or does not."""
        return len(text) if self._held else self._stream().write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes several lines, or does not."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream(), name)  # `flush`, `fileno`, `encoding`, ...

    def _stream(self) -> Any:
        now = getattr(sys, self._name)
        return self._own if now is self else now


_LONGEST = 400  # of one message; some print their whole graph
_NOISE = re.compile(
    r"\x1b\[[0-9;]*m"  # colours
    r"|^Exception encountered when calling .*|^<unknown>:\d+: note: .*"
    r"|<unknown>:\d+: |loc\(.*\): ",  # places in a graph that nobody sees
    re.MULTILINE,
)
_REST = re.compile(r"\n\s*Arguments received by .*", re.DOTALL)


def cause_of(error: BaseException) -> str:
    """Returns what an error says, and what the one says that it came from.

    Args:
        error: Raised by a converter or a runtime.

    Examples:
        >>> try:
        ...     raise ValueError("No. And no again.") from TypeError("It is odd")
        ... except ValueError as error:
        ...     cause_of(error)
        'No. And no again. It came from: It is odd'
    """
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    said, first = _plain(error), _plain(root)
    told = said if first in said else f"{_short(said)} It came from: {_short(first)}"
    return _short(told, 2 * _LONGEST)


def _plain(error: BaseException) -> str:
    text = _NOISE.sub("", _REST.sub("", f"{error}"))
    return " ".join(text.split()) or type(error).__name__


def _short(text: str, most: int = _LONGEST) -> str:
    return shorten(text, most, placeholder=" ...")
