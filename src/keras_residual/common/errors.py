"""The one error that says what a person can put right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

from keras_residual.common.terminal import short

_COLOURS = re.compile("\x1b\\[[0-9;]*m")
LONGEST = 1_000  # letters of a line; what is longer is a name, and not our words


class ResidualError(ValueError):
    """Says where it went wrong, what was given, what is needed and what to write.

    The command line turns it into a message and exit code 2; every other exception
    is a bug and keeps its traceback.

    Args:
        where: Where it happened and what is wrong, one sentence.
        given: The real value that was given; several by their names.
        needed: The rule.
        write: What to write instead.
        option: What to write on the command line, where that is something else.

    Examples:
        >>> print(ResidualError("Recipe: no such number.", given="epochs=0",
        ...                     needed="`epochs` is at least 1.", write="epochs=12"))
        Recipe: no such number.
          given  epochs=0
        `epochs` is at least 1.
        Write:   epochs=12
    """

    def __init__(
        self,
        where: str,
        *,
        given: Any = None,
        needed: str = "",
        write: str = "",
        option: str = "",
    ) -> None:
        self.where, self.given, self.needed = where, given, needed
        self.write, self.option = self.in_python(write), option or write
        super().__init__(self._text(self.write))

    @staticmethod
    def in_python(write: str) -> str:
        """Returns advice as one writes it in Python; here it is written so.

        Args:
            write: What to write instead.
        """
        return write

    def on_command_line(self) -> str:
        """Returns the message with what to write there."""
        return self._text(self.option)

    def within(self, place: str) -> Self:
        """Returns the same error with a place in front of it.

        Args:
            place: What was being read or made.
        """
        return type(self)(
            f"{place}: {self.where}",
            given=self.given,
            needed=self.needed,
            write=self.write,
            option=self.option,
        )

    def _text(self, write: str) -> str:
        named = self.given if isinstance(self.given, Mapping) else {"given": self.given}
        wide = max(map(len, named), default=0)
        rows = [f"  {k:<{wide}}  {v}" for k, v in named.items() if v is not None]
        lines = [self.where, *rows, self.needed, write and f"Write:   {write}"]
        text = "\n".join(filter(None, lines))
        text = _COLOURS.sub("", text)  # Keras paints what it passes on
        return "\n".join(short(line, LONGEST) for line in text.split("\n"))


class KindError(ResidualError, TypeError):
    """Says that a value is of another kind; `except TypeError` catches it, too."""


class PackageError(ResidualError, ImportError):
    """Says which package to install; `except ImportError` catches it, too."""


class ForeignError(ValueError):
    """Says what in a file is not as its writer would have left it.

    It is no message: who opened the file catches it, and adds the path and the advice.
    """
