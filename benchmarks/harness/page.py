"""A record to read: what was measured, the table, where and with what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def grid(lines: Iterable[Sequence[str]]) -> str:
    """Sets lines of cells as a table in Markdown; the second line is its rule."""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(title: str, note: str, table: str, about: dict[str, str]) -> str:
    """Sets a record as a page.

    Args:
        title: Its heading.
        note: What was measured.
        table: What `grid` made.
        about: What `machine` says.
    """
    facts = "\n".join(f"- {name}: {value}" for name, value in about.items())
    return f"# {title}\n\n{note.strip()}\n\n{table}\n\n{facts}\n"
