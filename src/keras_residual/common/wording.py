"""How values and lists of them are said in messages and reports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
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


def closest(word: str, words: Iterable[str]) -> str:
    """Returns the known word that begins this one or goes on, or is spelt most alike.

    Args:
        word: What was written.
        words: What is known.

    Examples:
        >>> closest("resnet21", ["vgg", "resnet20"]), closest("KR1", ["KR5", "KR101"])
        ('resnet20', 'KR101')
        >>> closest("prenorm", ["norm", "pre"]), closest("?", ["add", "gate"])
        ('pre', 'add')
    """
    known = list(words)
    begun = (one for one in known if word and one.startswith(word))
    begins = (one for one in known if len(one) > 2 and word.startswith(one))

    def alike(one: str) -> tuple[float, bool]:
        return SequenceMatcher(None, word, one).ratio(), one[:-1] == word[:-1]

    return next(begun, next(begins, max(known, key=alike)))


def without_shared(names: list[str]) -> list[str]:
    """Takes off what all names begin and end with, in whole words.

    Args:
        names: Paths of layers.

    Examples:
        >>> without_shared(["net/stage1_block1_add1", "net/stage2_block1_add1"])
        ['stage1', 'stage2']
        >>> without_shared(["net/add", "net/add_1"]), without_shared(["net/add"])
        (['add', 'add_1'], ['net/add'])
    """
    if len(names) < 2 or len({*names}) < len(names):
        return names
    words = [re.findall(r"[^/_]*[/_]?", name)[:-1] for name in names]
    first = _alike(words)
    last = _alike([[*reversed(one[first:])] for one in words])
    kept = ("".join(one[first : len(one) - last]).rstrip("/_") for one in words)
    return [one or name for one, name in zip(kept, names, strict=True)]


def _alike(every: list[list[str]]) -> int:
    """Returns how many words all begin with; a word of each is left."""
    most = min(map(len, every)) - 1
    return next((at for at in range(most) if len({one[at] for one in every}) > 1), most)
