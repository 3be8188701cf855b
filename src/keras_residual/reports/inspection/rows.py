"""The table of the units, with their numbers where there are some."""

from __future__ import annotations

import math
from html import escape

from keras_residual.graph.units import Unit
from keras_residual.reports.inspection.view import View

_FIXED = ("#", "unit", "shortcut", "merge", "stride", "channels", "findings")
_TEXTS = ("unit", "shortcut", "merge")


def rows(view: View) -> str:
    """Lists the units; each column can be sorted by.

    Args:
        view: What is shown.
    """
    body = "".join(_row(view, k, unit) for k, unit in enumerate(view.units))
    titles = (*_FIXED, *(view.table.titles if view.table else ()))
    head = "".join(_head(title) for title in titles)
    return (
        '<div class="card scroll" role="region" aria-label="Units" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{_notes(view)}"
    )


def _head(title: str) -> str:
    look = "" if title in _TEXTS else ' class="number"'
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
