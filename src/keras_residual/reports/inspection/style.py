"""How the page looks beside what all pages share."""

STYLE = """
:root { --error: #b3261e; --warning: #9a5b00; --note: #1f6f8b; --on: #d946a6; }
@media (prefers-color-scheme: dark) {
  :root { --error: #f2908a; --warning: #e5b566; --note: #62b6cf; --on: #f472c4; }
}
main { max-width: 88rem; }
h1 { font-size: 1.75rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; font-weight: 600; margin: 1.5rem 0 .5rem; }
h4 { font-size: .9375rem; font-weight: 600; margin: 0 0 .35rem; }
h5 { font-size: .875rem; font-weight: 600; margin: 1rem 0 .25rem; }
.facts dd { overflow-wrap: anywhere; }
button, select {
  font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px; padding: .2rem .6rem;
}
button { cursor: pointer; }
select { max-width: 100%; }
:focus-visible { outline: 2px solid var(--held); outline-offset: 2px; }
.tools {
  display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem;
  margin: .75rem 0; font-size: .875rem;
}
.error { color: var(--error); } .warning { color: var(--warning); }
.note { color: var(--note); }
.structure {
  display: grid; grid-template-columns: minmax(0, 1fr) 24rem; gap: 1rem;
  align-items: start;
}
.picture {
  max-height: 82vh; overflow: auto; margin: .75rem 0; padding: 0;
  --kr-paper: var(--card);
}
.picture svg { display: block; max-width: none !important; margin: 0 auto; }
.unit {
  position: sticky; top: 1rem; margin: .75rem 0; max-height: calc(100vh - 2rem);
  overflow: auto; font-size: .875rem; overflow-wrap: anywhere;
}
.unit h3 { margin: .25rem 0 .75rem; }
.unit h4 { margin: 1rem 0 .35rem; }
.unit .tools { margin: 0; }
.unit ol, .unit ul { margin: 0; padding-left: 1.5rem; }
.unit li small { color: var(--quiet); font-size: inherit; }
.unit dl {
  display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0;
}
.pick { cursor: pointer; outline: none; }
.pick .around { fill: transparent; stroke: transparent; stroke-width: 2.5; rx: 8; }
.pick:hover .around { stroke: var(--line); }
.pick.on .around { stroke: var(--on); }
.pick:focus-visible .around { stroke: var(--held); stroke-dasharray: 4 3; }
.pick .cell { fill: transparent; }
.pick .cell.none { fill: var(--line); }
.pick .cell.on { stroke: var(--on); stroke-width: 2.5; }
#legend { display: inline-flex; align-items: center; gap: .5rem; }
#legend i { width: 9rem; height: .6rem; border-radius: 3px; }
.level article { margin: .5rem 0; padding-bottom: .25rem; }
.level ul { list-style: none; margin: 0; padding: 0; font-size: .9375rem; }
.level li { margin: .25rem 0; overflow-wrap: anywhere; }
.level p { margin: .35rem 0; font-size: .9375rem; }
.level details { font-size: .875rem; color: var(--quiet); }
.level details[open] { padding-bottom: .75rem; }
.level details details, .level details ul { color: var(--ink); }
pre { overflow-x: auto; font-size: .8125rem; margin: .5rem 0; }
pre code { user-select: all; }
.place {
  border: 0; padding: 0; background: none; text-align: left; border-radius: 3px;
  text-decoration: underline; text-decoration-color: var(--line);
  text-underline-offset: 3px; overflow-wrap: anywhere;
}
.place:hover { text-decoration-color: currentcolor; }
.scroll { max-height: 36rem; overflow: auto; padding: 0 1rem 1rem; margin: .75rem 0; }
.scroll th { position: sticky; top: 0; background: var(--card); z-index: 1; }
.scroll th button { border: 0; padding: .6rem 0; color: inherit; white-space: nowrap; }
.scroll td, .scroll th { white-space: nowrap; }
th[aria-sort="ascending"] button::after { content: " ↑"; }
th[aria-sort="descending"] button::after { content: " ↓"; }
tr.on td { background: color-mix(in srgb, var(--on) 14%, transparent); }
@media (max-width: 60rem) {
  main { padding: 2rem 1rem 4rem; }
  .structure { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .picture { max-height: 52vh; }
  .unit { top: auto; bottom: .5rem; max-height: 40vh; z-index: 2; }
}
"""
