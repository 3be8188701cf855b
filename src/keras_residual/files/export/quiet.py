"""Keeps what converters and runtimes print from the reader."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
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
