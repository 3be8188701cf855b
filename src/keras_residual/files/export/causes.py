"""What converters and runtimes say of themselves, down to the cause."""

from __future__ import annotations

import re
from textwrap import shorten

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
