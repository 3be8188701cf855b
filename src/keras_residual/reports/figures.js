const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const figures = document.querySelectorAll("[data-figure]");
for (const place of figures) {
  place.figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
}
function shorten(axis, names) { // names that would leave the figure no room
  if (names.length > 40) return;
  axis.tickvals = axis.tickvals || names;
  axis.ticktext = (axis.ticktext || axis.tickvals).map((name) =>
    name.length > 16 ? name.slice(0, 7) + "…" + name.slice(-8) : name
  );
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
  const axis = {
    gridcolor: colour("line"),
    linecolor: colour("line"),
    zeroline: false,
    automargin: true,
  };
  const heat = figure.data[0].meta === "heat" ? { showgrid: false } : {};
  const narrow = place.clientWidth < 480; // the legend has no room beside the title
  const layout = Object.assign({ height: 280 }, figure.layout, {
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: {
      family: getComputedStyle(document.body).fontFamily,
      size: 13,
      color: colour("quiet"),
    },
    margin: { l: 48, r: 12, t: figure.layout.title ? 44 : 12, b: narrow ? 72 : 44 },
    legend: {
      orientation: "h",
      x: 1,
      xanchor: "right",
      yref: "container",
      y: narrow ? 0 : .97,
      yanchor: narrow ? "bottom" : "top",
    },
    hoverlabel: {
      bgcolor: colour("card"),
      bordercolor: colour("line"),
      font: { color: colour("ink") },
    },
    xaxis: Object.assign({}, axis, heat, figure.layout.xaxis),
    yaxis: Object.assign({}, axis, heat, figure.layout.yaxis),
  });
  for (const one of [layout.xaxis, layout.yaxis]) {
    if (one.title) one.title = Object.assign({ font: { size: 13 } }, one.title);
  }
  if (narrow && layout.yaxis.type === "category") {
    shorten(layout.yaxis, figure.data[0].y);
  }
  if (layout.title) {
    layout.title = {
      text: layout.title.text,
      x: 0,
      xref: "container",
      pad: { l: 4 },
      y: .97,
      yanchor: "top",
      font: { size: 14, color: colour("ink") },
    };
  }
  return Plotly.react(place, figure.data, layout, {
    displayModeBar: false,
    responsive: true,
  });
}
figures.forEach(drawFigure);
matchMedia("(prefers-color-scheme: dark)")
  .addEventListener("change", () => figures.forEach(drawFigure));
