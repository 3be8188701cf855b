"""What every check of a file raises; the opener adds the path."""

from __future__ import annotations

LONGEST = 200


class RefusedError(Exception):
    """Says why a file is not opened.

    Args:
        what: What is wrong, one sentence.
        given: What the file holds.
        needed: The rule, one sentence.
        write: What to write instead.
    """

    def __init__(self, what: str, *, given: str, needed: str, write: str) -> None:
        super().__init__(f"{what}\n  given  {given}\n{needed}\nWrite:   {write}")


DAMAGED = "the path of a whole copy: download or save the file again"
BUILD = 'build the model in Python, load_weights(path), then model.save("model.keras")'
IN_PYTHON = "keras.saving.load_model(path) in Python, if you trust who wrote the file"


def shown(value: object) -> str:
    """Returns text from a file, short and without control characters.

    Args:
        value: What the file holds; an exception speaks for itself.
    """
    text = str(value) if isinstance(value, Exception) else repr(value)
    start = "".join(c if c.isprintable() else " " for c in text[: 2 * LONGEST])
    line = " ".join(start.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
