"""How values and lists of them are said in messages and reports."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np

from keras_residual.common.terminal import short

SHOWN = 7


def listed(
    items: Iterable[Any], most: int = SHOWN, *, last: str = "and", mark: str = ","
) -> str:
    """Writes items as in a sentence, short, and counts those beyond the first ones.

    Args:
        items: What to list.
        most: How many are written.
        last: The word before the last one.
        mark: What stands between them; a semicolon where they hold commas.

    Examples:
        >>> listed("abc"), listed(range(100), 2)
        ('a, b and c', '0, 1 and 98 more')
    """
    texts = [short(str(item)) for item in items]
    if len(texts) > most:
        texts[most:], last = [f"{len(texts) - most} more"], "and"
    if len(texts) < 2:
        return "".join(texts)
    before = f"{mark} ".join(texts[:-1])
    return f"{before}{mark.strip(',')} {last} {texts[-1]}"


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


def nearest(word: str, words: Iterable[str]) -> str:
    """Names the known words that are closest to a misspelt one.

    Args:
        word: What was written.
        words: What is known.

    Returns:
        Up to three near words, or all of them where none is near, with commas.

    Examples:
        >>> nearest("resnet21", ["resnet20", "vgg"]), nearest("?", ["add", "gate"])
        ('resnet20', 'add, gate')
    """
    known = list(words)
    return ", ".join(get_close_matches(word, known, cutoff=0.5) or known)
