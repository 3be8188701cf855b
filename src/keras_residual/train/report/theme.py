"""How the page looks, light and dark, and the few lines that draw its figures."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --card: #ffffff; --ink: #1d1f23; --quiet: #6a6f78;
  --line: #e4e1db; --train: #9a8f7d; --held: #1f6f8b; --plain: #1f6f8b;
  --heat: #1f6f8b; --wrong: #b3492f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --card: #1c1f23; --ink: #e8e6e1; --quiet: #979ca5;
    --line: #2d3137; --train: #a89c88; --held: #62b6cf; --plain: #62b6cf;
    --heat: #3d93ae; --wrong: #e58a6e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto,
    "Noto Sans", "DejaVu Sans", sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 4rem 1.5rem 6rem; }
h1 { font-size: 1rem; font-weight: 600; margin: 0; }
h2 { font-size: 1.25rem; font-weight: 600; margin: 4rem 0 .35rem; }
p { margin: 0 0 1rem; max-width: 42rem; }
a { color: inherit; }
.quiet, figcaption, dt, th { color: var(--quiet); }
.headline { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.25rem; }
.headline b {
  font-size: clamp(3.5rem, 11vw, 6rem); font-weight: 600; line-height: 1.1;
  letter-spacing: -.03em; font-variant-numeric: tabular-nums;
}
.headline span { max-width: 25rem; }
.facts {
  display: flex; flex-wrap: wrap; gap: 1rem 2.75rem; margin: 2rem 0 0;
  padding: 1.25rem 0 0; border-top: 1px solid var(--line);
}
.facts div { display: flex; flex-direction: column-reverse; }
dt { font-size: .8125rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
.facts dd { font-size: 1.25rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 1rem; min-width: 0; overflow-x: auto;
}
.pair { display: grid; grid-template-columns: repeat(2, 1fr); gap: 1rem; }
@media (max-width: 46rem) { .pair { grid-template-columns: 1fr; } }
.mistakes {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr));
  gap: 1.25rem 1rem; padding: 0; margin: 1rem 0 0; list-style: none;
}
.mistakes img {
  width: 100%; aspect-ratio: 1; object-fit: contain; display: block;
  image-rendering: pixelated; border-radius: 6px; background: #000;
}
.mistakes figure { margin: 0; font-size: .875rem; line-height: 1.35; }
.mistakes b {
  display: block; font-weight: 600; color: var(--wrong); margin-top: .5rem;
}
.drawing { text-align: center; --kr-paper: var(--card); }
.drawing svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th { text-align: left; font-weight: 500; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; padding: .75rem 0; }
dl.recipe {
  display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem;
  font-size: .875rem; margin: 1rem 0 0;
}
dl.recipe dd { overflow-wrap: anywhere; }
code { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; }
"""

SCRIPT = """
const colour = name =>
  getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
function draw() {
  for (const place of document.querySelectorAll("[data-figure]")) {
    const source = document.getElementById(place.dataset.figure);
    const figure = JSON.parse(source.textContent);
    for (const trace of figure.data) {
      if (trace.meta === "heat") {
        trace.colorscale = [[0, colour("card")], [1, colour("heat")]];
      } else {
        trace.marker = { color: colour(trace.meta), size: 5 };
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
    Plotly.react(place, figure.data, layout,
      { displayModeBar: false, responsive: true });
  }
}
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
"""
