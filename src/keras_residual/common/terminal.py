"""What terminals and spreadsheets get: texts, and no orders that a name brought."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

import rich.console
from rich.segment import Segment

# Whatever moves a cursor, renames a window or turns the direction of writing; and half
# characters, which no terminal can be sent. Lines and tabs stay.
ORDERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str) -> str:
    r"""Returns a text whose control characters are spelt out.

    Args:
        text: A text that may hold names from a file.

    Examples:
        >>> print(plain("conv\x1b[2J"))
        conv\x1b[2J
    """
    return ORDERS.sub(lambda found: ascii(found[0])[1:-1], text)


def escape(text: str) -> str:
    r"""Returns a text as pages and drawings hold it: no marks, no orders.

    XML has no control characters at all, so a name with one would spoil the drawing.

    Args:
        text: A text that may hold names from a file.

    Examples:
        >>> print(escape("<conv>\x1b[2J"))
        &lt;conv&gt;\x1b[2J
    """
    return html.escape(plain(text))


def short(text: str, longest: int = 80) -> str:
    """Returns a text from a file as long as a person reads, without orders.

    Args:
        text: A text that may be a name from a file.
        longest: How many letters of it are told: of a longer one, those in the middle
            are left out.

    Examples:
        >>> short("conv"), short("stage1" * 10_000 + "conv", longest=16)
        ('conv', 'stage1stage1...conv')
    """
    if len(text) > longest:
        end = longest // 4
        text = f"{text[: longest - end]}...{text[-end:]}"
    return plain(text)


class Console(rich.console.Console):
    """A console of Rich's that gives its own colours, and no orders of others."""

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        """Yields the pieces of what is printed, cleaned."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else plain(text), style, control)


def is_console(value: object) -> bool:
    """Says whether something can be printed on.

    Args:
        value: Ours, or one of Rich's own.
    """
    return isinstance(value, rich.console.Console)


FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> object:
    """Returns a value for a .csv file; a text is never run as a formula.

    A name that begins as formulas do gets an apostrophe before it, which spreadsheets
    read as "this is text". Numbers stay as they are.

    Args:
        value: A text or a number.

    Examples:
        >>> cell("=1+1"), cell("conv"), cell(-0.5)
        ("'=1+1", 'conv', -0.5)
    """
    formula = isinstance(value, str) and value.startswith(FORMULAS)
    return f"'{value}" if formula else value


def first_sentence(error: object) -> str:
    """Returns what an error of Keras's says first, without colours and line breaks.

    Args:
        error: The error.

    Examples:
        >>> first_sentence(ValueError("No. And no again."))
        'No.'
        >>> first_sentence(ValueError("No shape. Error encountered: It is odd."))
        'It is odd.'
    """
    plain = re.sub("\x1b\\[[0-9;]*m", "", str(error))
    plain = plain.rpartition("Error encountered:")[2]  # before it are Keras's own
    said = re.sub(r"^Exception encountered when calling .*", "", plain.strip())
    return " ".join(said.split()).partition(". ")[0].rstrip(".") + "."
