"""How values and lists of them are said in messages and reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_residual.common.terminal import short

SHOWN = 8


def listed(items: Iterable[Any], *, last: str = "and") -> str:
    """Writes items as in a sentence, a few of them where they are many, and short.

    Args:
        items: What to list.
        last: The word before the last one.

    Examples:
        >>> listed("abc"), listed(range(100))
        ('a, b and c', '0, 1, 2, 3, 4, 5, 6 and 93 more')
    """
    texts = [short(str(item)) for item in items]
    if len(texts) > SHOWN:
        more = len(texts) - SHOWN + 1
        texts = [*texts[: SHOWN - 1], f"{more} more"]
        last = "and"
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def text(value: Any) -> str:
    """Writes a label; whole numbers without decimals.

    Args:
        value: A word or a number.

    Examples:
        >>> text(np.float64(1.0)), text(np.float64(0.1)), text("cat"), text(2e30)
        ('1', '0.1', 'cat', '2e+30')
    """
    if isinstance(value, float | np.floating):
        whole = abs(value) < 1e15 and value == round(value)
        return str(int(value)) if whole else repr(float(value))
    return str(value)


def counted(count: int, one: str, many: str | None = None) -> str:
    """Writes a number of things.

    Args:
        count: How many.
        one: The word for one of them.
        many: The word for several. The first with an s by default.

    Examples:
        >>> counted(1, "picture"), counted(2000, "class", "classes")
        ('1 picture', '2,000 classes')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
