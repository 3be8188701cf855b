"""The frame of every page: nothing in it is fetched, light and dark."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from keras_residual.common.extras import extra
from keras_residual.common.terminal import escape

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HERE = "keras_residual.reports"


def html_page(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """Returns a whole page; where it has figures, with their library inside it.

    The browser is told to run these scripts and no others, and to fetch nothing.

    Args:
        title: The page's title.
        body: What is in it.
        style: Rules beside those that all pages share.
        script: What else runs once the page is there.
    """
    figures = [_library(), asset(_HERE, "figures.js")] if "data-figure=" in body else []
    scripts = [text for text in (*figures, script) if text]
    policy, look = _policy(scripts), asset(_HERE, "page.css") + style
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{look}</style></head><body><main>{body}</main>"
        f"{''.join(f'<script>{text}</script>' for text in scripts)}</body></html>\n"
    )


def _library() -> str:
    with extra("report", "A page with figures"):
        from plotly.offline import get_plotlyjs
    return get_plotlyjs()


def asset(package: str, name: str) -> str:
    """Returns a script or a style that lies beside the module that asks for it.

    Args:
        package: Of that module.
        name: Of the file.
    """
    return (files(package) / name).read_text(encoding="utf-8")


def _policy(scripts: list[str]) -> str:
    """Allows the scripts by their hashes, so that no markup could bring another."""
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


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


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lists numbers by name.

    Args:
        head: Title of each column; the first holds names.
        rows: The cells, as plain text.
    """

    def line(cells: Sequence[str], tag: str) -> str:
        first, *others = (escape(cell) for cell in cells)
        numbers = (f'<{tag} class="number">{cell}</{tag}>' for cell in others)
        return f"<tr><{tag}>{first}</{tag}>{''.join(numbers)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f'<div class="card"><table>{line(head, "th")}{body}</table></div>'


def json_block(name: str, value: Any) -> str:
    r"""Places values that the page's scripts read.

    Args:
        name: An id that is used once in the page.
        value: What JSON can hold; numbers are finite.

    Raises:
        ResidualError: If a number is not finite, which JSON cannot say.

    Examples:
        >>> json_block("names", ["</script>"])
        '<script type="application/json" id="names">["\\u003c/script>"]</script>'
    """
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # no text ends the block or opens a comment
    return f'<script type="application/json" id="{escape(name)}">{text}</script>'


def blank() -> go.Figure:
    """Returns a figure without traces."""
    with extra("report", "A page with figures"):
        import plotly.graph_objects as go
    return go.Figure()


def figure(name: str, shown: go.Figure) -> str:
    """Places a figure and its data.

    Args:
        name: An id that is used once in the page.
        shown: The figure. The `meta` of a trace names its colour in the page's style.
    """
    values = _escaped(json.loads(shown.to_json() or ""))
    values["layout"].pop("template", None)  # the page has colours of its own
    return (
        f'<div class="card"><div data-figure="{escape(name)}"></div>'
        f"{json_block(name, values)}</div>"
    )


def _escaped(value: Any) -> Any:
    """Spells markup out in every text: Plotly makes links and styles of it.

    Its templates keep theirs; they are ours, and names are only put in by Plotly.
    """
    if isinstance(value, dict):
        return {
            key: inside if str(key).endswith("template") else _escaped(inside)
            for key, inside in value.items()
        }
    if isinstance(value, list):
        return [_escaped(inside) for inside in value]
    return html.escape(value, quote=False) if isinstance(value, str) else value
