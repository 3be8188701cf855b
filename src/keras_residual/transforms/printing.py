"""How a report prints itself."""

from __future__ import annotations

import re
from typing import Any

from keras_residual.common.terminal import Console

WIDTH = 110


class Printed:
    """Prints what `__rich__` draws, where no console of Rich's is in charge."""

    def __rich__(self) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        console = Console(width=WIDTH, color_system=None, highlight=False)
        with console.capture() as captured:
            console.print(self.__rich__())
        return "\n".join(line.rstrip() for line in captured.get().splitlines())


def first_sentence(error: object) -> str:
    """Returns what an error of Keras's says first, without colours and line breaks.

    Args:
        error: The error.

    Examples:
        >>> first_sentence(ValueError("No. And no again."))
        'No.'
    """
    plain = re.sub("\x1b\\[[0-9;]*m", "", str(error))
    said = re.sub(r"^Exception encountered when calling .*", "", plain.strip())
    return " ".join(said.split()).partition(". ")[0].rstrip(".") + "."
