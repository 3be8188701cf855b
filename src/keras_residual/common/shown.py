"""What shows itself: as text where it is printed, as HTML in a notebook."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from keras_residual.common.terminal import Console, escape


class Shown:
    """Shows what `__rich__` draws, where no console of Rich's is in charge."""

    width = 110  # letters a line, at most

    def __rich__(self) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        console = Console(width=self.width, color_system=None, highlight=False)
        with console.capture() as captured:
            console.print(self.__rich__())
        return "\n".join(line.rstrip() for line in captured.get().splitlines())

    def _repr_html_(self) -> str:
        return as_html(self.__rich__())


class Wide(Shown):
    """A table of numbers, whose lines are not broken."""

    width = 500


def whole(*heads: str) -> Table:
    """Returns a table that cuts no name where the terminal is narrow, but folds it.

    Args:
        heads: What stands above its columns.

    Examples:
        >>> [column.overflow for column in whole("unit", "why").columns]
        ['fold', 'fold']
    """
    made = Table(box=None)
    for head in heads:
        made.add_column(head, overflow="fold")
    return made


def as_html(renderable: RenderableType) -> str:
    """Returns what rich prints as HTML, which any page may hold.

    Args:
        renderable: A table, a text, or a group of them.

    Examples:
        >>> as_html("conv <3")
        '<p style="white-space: pre-wrap">conv &lt;3</p>'
    """
    if isinstance(renderable, Group):
        return "\n".join(map(as_html, renderable.renderables))
    if isinstance(renderable, Table):
        return _table(renderable)
    return f'<p style="white-space: pre-wrap">{_words(renderable)}</p>'


def _table(table: Table) -> str:
    rows = zip(*(column.cells for column in table.columns), strict=True)
    sides = [_side(column.justify) for column in table.columns]
    title = f"<caption>{_words(table.title)}</caption>" if table.title else ""
    names = [column.header for column in table.columns] if table.show_header else []
    head = f"<thead>{_row('th', names, sides)}</thead>" if names else ""
    body = "\n".join(_row("td", row, sides) for row in rows)
    below = as_html(table.caption) if table.caption else ""
    return f"<table>{title}{head}\n<tbody>\n{body}\n</tbody></table>{below}"


def _row(tag: str, cells: Any, sides: list[str]) -> str:
    written = (
        f'<{tag} style="text-align: {side}; padding: .2em .8em .2em 0">'
        f"{_words(cell)}</{tag}>"
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{''.join(written)}</tr>"


def _side(justify: str) -> str:
    return justify if justify in ("right", "center") else "left"


def _words(cell: Any) -> str:
    """Returns the words of a cell: those of markup, without it."""
    text = cell if isinstance(cell, Text) else Text.from_markup(str(cell))
    return escape(text.plain)
