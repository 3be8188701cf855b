"""The section on structure: the picture, and beside it the unit that is chosen."""

from __future__ import annotations

from html import escape

from keras_residual.drawing.outline import outline
from keras_residual.drawing.page import page
from keras_residual.drawing.sheet import Box, Disc, bounds
from keras_residual.drawing.svg import to_svg
from keras_residual.reports.inspection.view import View

CELL, JOIN = 6, 48  # pixels: how high cells are, how wide those of a long skip


def structure(view: View) -> str:
    """Draws the network so that its units can be chosen, and makes room for one.

    Args:
        view: What is shown.
    """
    picture = '<div class="card picture" role="region" tabindex="0" '
    picture += f'aria-label="Picture of the network">{_picture(view)}</div>'
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
        '<div class="tools"><label>colour by <select id="colour">'
        f'<option value="">nothing</option>{options}</select></label>'
        '<span id="legend" aria-live="polite"></span></div>'
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
