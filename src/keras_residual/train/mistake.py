"""The one exception that a caller must tell from a bug."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from keras_residual.common.terminal import short

LONGEST = 1_000  # letters of a line; what is longer is a name, and not our words


class InputError(ValueError):
    """Says what the person at the keyboard can put right.

    The command line turns it into a message and exit code 2; every other exception
    is a bug and keeps its traceback.

    Args:
        what: Where it happened and what is wrong, one sentence.
        given: The real values that were given.
        needed: The rule, one sentence.
        write: What to write instead.

    Examples:
        >>> print(InputError("Recipe: no such number.", given="epochs=0",
        ...                  needed="`epochs` is at least 1.", write="--epochs 12"))
        Recipe: no such number.
          given  epochs=0
        `epochs` is at least 1.
        Write:   --epochs 12
    """

    def __init__(self, what: str, *, given: object, needed: str, write: str) -> None:
        text = f"{what}\n  given  {given}\n{needed}\nWrite:   {write}"
        super().__init__("\n".join(short(line, LONGEST) for line in text.split("\n")))


def nearest(word: str, words: Iterable[str]) -> str:
    """Names the known words that are closest to a misspelt one.

    Args:
        word: What was written.
        words: What is known.

    Returns:
        Up to three near words, or all of them where none is near, with commas.
    """
    known = list(words)
    return ", ".join(get_close_matches(word, known, cutoff=0.5) or known)
