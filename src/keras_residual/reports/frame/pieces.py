"""Small pieces that pages are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any


def facts(values: Iterable[tuple[str, str]]) -> str:
    """Lists short facts in a row.

    Args:
        values: Name and value of each.
    """
    inner = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in values
    )
    return f'<dl class="facts">{inner}</dl>'


def json_block(name: str, value: Any) -> str:
    r"""Places values that the page's scripts read.

    Args:
        name: An id that is used once in the page.
        value: What JSON can hold; numbers are finite.

    Raises:
        ValueError: If a number is not finite, which JSON cannot say.

    Examples:
        >>> json_block("names", ["</script>"])
        '<script type="application/json" id="names">["\\u003c/script>"]</script>'
    """
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # no text ends the block or opens a comment
    return f'<script type="application/json" id="{escape(name)}">{text}</script>'
