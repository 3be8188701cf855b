"""Places interactive figures; their colours come from the page's style."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from keras_residual.reports.frame.pieces import json_block

if TYPE_CHECKING:
    import plotly.graph_objects as go


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
    return escape(value, quote=False) if isinstance(value, str) else value


SCRIPT = """
const colour = name =>
  getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const figures = document.querySelectorAll("[data-figure]");
for (const place of figures) {
  place.figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
}
function drawFigure(place) {
  const figure = structuredClone(place.figure);
  for (const trace of figure.data) {
    if (trace.meta === "heat") {
      trace.colorscale = [[0, colour("card")], [1, colour("heat")]];
    } else {
      const own = trace.marker || {};
      trace.marker = Object.assign({ color: colour(trace.meta), size: 5 }, own);
      trace.line = { color: colour(trace.meta), width: 2 };
    }
  }
  const axis = { gridcolor: colour("line"), linecolor: colour("line"),
    zeroline: false, automargin: true };
  const heat = figure.data[0].meta === "heat" ? { showgrid: false } : {};
  const layout = Object.assign({ height: 280 }, figure.layout, {
    paper_bgcolor: "transparent", plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13,
      color: colour("quiet") },
    margin: { l: 48, r: 12, t: figure.layout.title ? 44 : 12, b: 44 },
    legend: { orientation: "h", x: 1, xanchor: "right", y: 1.18 },
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"),
      font: { color: colour("ink") } },
    xaxis: Object.assign({}, axis, heat, figure.layout.xaxis),
    yaxis: Object.assign({}, axis, heat, figure.layout.yaxis),
  });
  for (const one of [layout.xaxis, layout.yaxis]) {
    if (one.title) one.title = Object.assign({ font: { size: 13 } }, one.title);
  }
  if (layout.title) {
    layout.title = { text: layout.title.text, x: 0, xref: "container", pad: { l: 4 },
      y: .97, yanchor: "top", font: { size: 14, color: colour("ink") } };
  }
  return Plotly.react(place, figure.data, layout,
    { displayModeBar: false, responsive: true });
}
figures.forEach(drawFigure);
matchMedia("(prefers-color-scheme: dark)")
  .addEventListener("change", () => figures.forEach(drawFigure));
"""
