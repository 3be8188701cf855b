"""A table as plain text."""

from __future__ import annotations

import io
from typing import Any

from keras_residual.common.terminal import Console


def printed(table: Any) -> str:
    """Returns what rich prints of a thing, without colours and spaces at line ends.

    Args:
        table: What rich can print.
    """
    page = io.StringIO()
    Console(file=page, width=500).print(table)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines())
