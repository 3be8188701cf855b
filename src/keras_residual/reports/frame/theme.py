"""How a page looks, light and dark."""

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
.drawing { text-align: center; --kr-paper: var(--card); }
.drawing svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th { text-align: left; font-weight: 500; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; padding: .75rem 0; }
code { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace;
  unicode-bidi: isolate; }
"""
