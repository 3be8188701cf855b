"""The units: in the picture, one of them beside it, and all in a table."""

from __future__ import annotations

import math

from keras_residual.common.terminal import escape
from keras_residual.drawing.outline import outline
from keras_residual.drawing.page import page
from keras_residual.drawing.sheet import Box, Disc, bounds
from keras_residual.drawing.svg import to_svg
from keras_residual.graph.found import Unit
from keras_residual.reports.inspection.view import View

CELL, JOIN = 6, 48  # pixels: how high cells are, how wide those of a long skip


def structure(view: View) -> str:
    """Draws the network so that its units can be chosen, and makes room for one.

    Args:
        view: What is shown.
    """
    picture = '<div class="card picture" role="region" tabindex="0" '
    picture += f'aria-label="Picture of the network">{_picture(view)}</div>'
    picture = f'<div><p class="quiet" id="hint" hidden></p>{picture}</div>'
    if not view.units:
        return picture
    return (
        f'{_colours(view)}<div class="structure">{picture}'
        '<aside class="card unit" aria-label="The chosen unit">'
        '<div class="tools"><button type="button" id="before" '
        'aria-label="The unit before">←</button><span id="place"></span>'
        '<button type="button" id="next" aria-label="The next unit">→</button></div>'
        '<div id="unit" aria-live="polite"><p class="quiet">Choose a unit: in the '
        "picture, in a finding, in the table or with the arrows.</p></div>"
        "</aside></div>"
    )


def _colours(view: View) -> str:
    if view.table is None:
        return ""
    options = "".join(
        f'<option value="{k}">{escape(title)}</option>'
        for k, title in enumerate(view.table.titles)
    )
    return (
        '<div class="tools colours"><label>colour by <select id="colour">'
        f'<option value="">nothing</option>{options}</select></label>'
        '<span id="legend" aria-live="polite"></span>'
        '<span class="defined" data-of="colour"></span></div>'
    )


def _picture(view: View) -> str:
    """Draws the network, and over it what can be clicked."""
    note = "a plain network: no residual units"
    if view.units:
        note = "click a unit, or reach it with Tab and Enter"
    sheet = page(view.model.name, note, outline(view.graph, view.units), None)
    picks = "".join(
        _pick(view, mark)
        for mark in sheet.marks
        if isinstance(mark, Box | Disc) and mark.units
    )
    # What is inside an image cannot be reached by a screen reader.
    picture = to_svg(sheet).replace('role="img"', 'role="group"', 1)
    return picture.removesuffix("</svg>") + f"{picks}</svg>"


def _pick(view: View, mark: Box | Disc) -> str:
    """Lays over a mark what is clicked, and a strip of cells that can be coloured."""
    left, top, right, low = bounds(mark)
    if isinstance(mark, Box):
        x, y, wide = left + 6, low - 1, right - left - 12
    else:
        x, y, wide = right + 3, low - CELL, JOIN
    right, low = max(right, x + wide) + 4, max(low, y + CELL) + 3
    around = _at(left - 4, top - 4, right - left + 4, low - top + 4)
    each = wide / len(mark.units)
    cells = "".join(
        f'<rect class="cell" {_at(x + k * each, y, each, CELL)}/>'
        for k in range(len(mark.units))
    )
    numbers = " ".join(str(view.number[path]) for path in mark.units)
    more = f" and {len(mark.units) - 1} like it" if mark.units[1:] else ""
    return (
        f'<g class="pick" tabindex="0" role="button" aria-pressed="false" '
        f'data-units="{numbers}" aria-label="{escape(mark.units[0])}{more}">'
        f'<rect class="around" {around}/>{cells}</g>'
    )


def _at(x: float, y: float, wide: float, tall: float) -> str:
    return f'x="{x:.1f}" y="{y:.1f}" width="{wide:.2f}" height="{tall:g}"'


_FIXED = ("#", "unit", "shortcut", "merge", "stride", "channels", "findings")
_TEXTS = ("unit", "shortcut", "merge")


def rows(view: View) -> str:
    """Lists the units; each column can be sorted by.

    Args:
        view: What is shown.
    """
    body = "".join(_row(view, k, unit) for k, unit in enumerate(view.units))
    head = "".join(_head(title) for title in _FIXED)
    titles = view.table.titles if view.table else ()
    head += "".join(_head(title, k) for k, title in enumerate(titles))
    return (
        '<div class="card scroll" role="region" aria-label="Units" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{_notes(view)}"
    )


def _head(title: str, column: int | None = None) -> str:
    look = "" if title in _TEXTS else ' class="number"'
    look += "" if column is None else f' data-column="{column}"'
    return f'<th{look}><button type="button">{escape(title)}</button></th>'


def _row(view: View, k: int, unit: Unit) -> str:
    path = f'<button type="button" class="place" data-unit="{k}">'
    path += f"<code>{escape(unit.path)}</code></button>"
    fixed = [
        _number(k + 1),
        f"<td>{path}</td>",
        f"<td>{unit.kind.replace('_', ' ')}</td>",
        f"<td>{unit.form}</td>",
        _number(unit.stride),
        _number(unit.channels or math.nan),
        _number(len(view.findings_at[k])),
    ]
    measured = view.table.rows[k].values if view.table else ()
    cells = "".join([*fixed, *(_number(value) for value in measured)])
    return f'<tr data-row="{k}">{cells}</tr>'


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'<td class="number">{"–" if math.isnan(value) else value}</td>'
    told = f"{value:.3g}" if isinstance(value, float) else str(value)
    return f'<td class="number" data-value="{value!r}">{told}</td>'


def _notes(view: View) -> str:
    notes = view.table.notes if view.table else ()
    return "".join(f'<p class="quiet">{escape(note)}</p>' for note in notes)
