"""The error gallery: reads tests/errors.md, makes each mistake, compares the message.

`python tests/errors.py --update` writes the messages anew. A person reads them then:
a message is finished when somebody who has never seen the code knows what to write.
"""

import contextlib
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

GALLERY = Path(__file__).with_name("errors.md")
UNCURED = Path(__file__).with_name("uncured.txt")
CASE = re.compile(
    r"```python\n(?P<code>.*?)```\n+```text\n(?P<message>.*?)```"
    r"(?:\n+```cure\n(?P<cure>.*?)```)?",
    re.S,
)
# Stands for a path, or another word that differs from machine to machine.
OPEN = "..."


class Case(NamedTuple):
    """One mistake: its place in the page, the code that makes it, what it is told.

    The cure is what the advice says, done: `old -> new` in the code, line by line, or
    another program.
    """

    line: int
    code: str
    message: str
    cure: str | None

    @property
    def advises(self) -> bool:
        return "\nWrite:   " in self.message

    @property
    def cured(self) -> str:
        lines = (self.cure or "").splitlines()
        if not all(" -> " in line for line in lines):
            return self.cure or ""
        code = self.code
        for line in lines:
            old, new = line.split(" -> ")
            assert old in code, f"{old} is not in the code"
            code = code.replace(old, new)
        return code


def cases() -> list[Case]:
    """Reads the gallery."""
    page = GALLERY.read_text(encoding="utf-8")
    return [
        Case(page.count("\n", 0, match.start()) + 1, *match.group(1, 2, 3))
        for match in CASE.finditer(page)
    ]


def provoke(code: str) -> str:
    """Runs a bad call and returns the whole error, as the interpreter prints it."""
    import keras
    import numpy as np

    import keras_residual as kr

    keras.utils.clear_session(free_memory=False)  # the names that Keras gives, anew
    names = {"keras": keras, "kr": kr, "np": np}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        try:
            exec(compile(code, "<errors.md>", "exec"), names)  # noqa: S102  our page
        except Exception as error:  # whichever it is, it is compared
            return f"{type(error).__name__}: {error}\n".replace(folder, OPEN)
    return "nothing was raised\n"


def agrees(expected: str, message: str) -> bool:
    """Compares two messages; `...` in the expected one stands for anything."""
    pattern = ".*".join(map(re.escape, expected.split(OPEN)))
    return re.fullmatch(pattern, message, re.S) is not None


def uncured() -> list[str]:
    """Returns the first lines of the messages whose advice no cure follows."""
    return sorted(
        case.message.partition("\n")[0]
        for case in cases()
        if case.advises and case.cure is None
    )


def update() -> None:
    """Writes the messages that no longer agree anew."""

    def renewed(match: re.Match) -> str:
        message = provoke(match["code"])
        if agrees(match["message"], message):
            return match[0]
        print(f"--- {match['code']}{message}")
        cure = f"\n\n```cure\n{match['cure']}```" if match["cure"] else ""
        return f"```python\n{match['code']}```\n\n```text\n{message}```{cure}"

    page = GALLERY.read_text(encoding="utf-8")
    GALLERY.write_text(CASE.sub(renewed, page), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"write: python {sys.argv[0]} --update")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    update()
