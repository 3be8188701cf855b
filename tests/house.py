"""The house as a picture: rooms in their order, who imports whom, and circles in red.

python tests/house.py             prints files, lines, arrows and circles, room by room
python tests/house.py house.svg   draws them as well

An arrow counts the imports from files of one room into files of another. A circle is a
set of files that all import each other, over whatever others.
"""

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path

from parsed import PACKAGE, imports, imports_at_once, room, sources
from test_architecture import ADAPTERS, ROOMS

Graph = Mapping[str, frozenset[str]]
DOOR, KERAS = "front door", "adapters to Keras"
PLACES = (KERAS, *ROOMS, DOOR)
WIDE, TALL, STEP, LEFT, TOP, REACH = 250, 38, 64, 24, 24, 44  # CSS pixels


def module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(path: Path) -> str:
    """Names the room of a file; the adapters and the front door are one each."""
    return room(path) or (KERAS if path.name in ADAPTERS else DOOR)


def read(files: Iterable[Path]) -> Graph:
    """Returns, for each module, those of ours that it imports."""
    files = {module(path): path for path in files}
    return {
        name: frozenset(_ours(imports(path), files)) - {name}
        for name, path in files.items()
    }


def waits(files: Iterable[Path]) -> Graph:
    """Returns, for each module, those that Python runs first when it is imported.

    The packages that a module lies in are among them, but for those of the importer.
    """
    files = {module(path): path for path in files}
    found: dict[str, frozenset[str]] = {}
    for name, path in files.items():
        parts = (to.split(".") for to in _ours(imports_at_once(path), files))
        whole = {".".join(p[: k + 1]) for p in parts for k in range(len(p))}
        found[name] = frozenset(
            to for to in whole if to in files and not f"{name}.".startswith(f"{to}.")
        )
    return found


def _ours(named: Iterable[tuple[int, str]], files: Mapping[str, Path]) -> Iterator[str]:
    for _, name in named:
        while name and name not in files:
            name = name.rpartition(".")[0]  # noqa: PLW2901  it may be a member
        if name:
            yield name


def circles(graph: Graph) -> list[frozenset[str]]:
    """Returns the sets of more than one module that all reach each other."""
    reached = {name: _reached(graph, name) for name in graph}
    found = {
        frozenset(to for to in reached[name] if name in reached[to]) for name in graph
    }
    return sorted((one for one in found if len(one) > 1), key=sorted)


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        new = graph[todo.pop()] - found
        found |= new
        todo += new
    return found


def arrows(graph: Graph, rooms: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """Counts the imports from each room into each other one."""
    pairs = ((rooms[a], rooms[b]) for a, into in graph.items() for b in into)
    return Counter(pair for pair in pairs if pair[0] != pair[1])


def draw(said: Mapping[str, str], found: Mapping, red: set) -> str:
    """Returns the picture: a box a room, an arrow a pair of rooms; some are red."""
    marks = [_arrow(pair, count, pair in red) for pair, count in found.items()]
    for k, name in enumerate(PLACES):
        y = TOP + k * STEP
        look = ' class="red"' if name in red else ""
        marks += [
            f'<rect x="{LEFT}" y="{y}" width="{WIDE}" height="{TALL}" rx="5"{look}/>',
            f'<text x="{LEFT + 12}" y="{y + 16}" class="name">{escape(name)}</text>',
            f'<text x="{LEFT + 12}" y="{y + 31}">{escape(said[name])}</text>',
        ]
    wide = LEFT + WIDE + REACH * (len(PLACES) + 1)
    tall = TOP + STEP * len(PLACES)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" '
        f'width="{wide}" height="{tall}">\n<title>Who imports whom</title>\n<style>'
        "svg{background:#fff;font:11px sans-serif}rect{fill:#eef3f5;stroke:#1f6f8b}"
        ".name{font-weight:bold;font-size:13px}path{fill:none;stroke:#1f6f8b;"
        "opacity:.6}.red{stroke:#c0392b;fill:#c0392b}path.red,rect.red{fill:none}</style>\n"
        + "\n".join(marks)
        + "\n</svg>\n"
    )


def _arrow(pair: tuple[str, str], count: int, red: bool) -> str:
    first, last = (
        TOP + PLACES.index(name) * STEP + TALL / 2 + shift
        for name, shift in zip(pair, (-7, 7), strict=True)
    )
    x = LEFT + WIDE
    apex = x + REACH * abs(first - last) / STEP
    bend = x + (apex - x) * 4 / 3
    look = ' class="red"' if red else ""
    return (
        f'<path d="M{x} {first} C{bend} {first} {bend} {last} {x} {last}" '
        f'stroke-width="{1 + math.log2(count) / 3:.1f}"{look}/>'
        f'<path d="M{x + 7} {last - 4} L{x} {last} L{x + 7} {last + 4}"{look}/>'
        f'<text x="{apex + 2}" y="{(first + last) / 2 + 4}"{look}>{count}</text>'
    )


def wrong(pair: tuple[str, str]) -> bool:
    """Says whether an arrow points to a room that comes later."""
    return PLACES.index(pair[0]) < PLACES.index(pair[1])


def main(words: list[str]) -> None:
    """Prints the table, and writes the picture where a file is named."""
    files = sources()
    rooms = {module(path): place(path) for path in files}
    graph = read(files)
    found, rings = arrows(graph, rooms), circles(graph)
    inside = Counter(rooms[name] for ring in rings for name in ring)
    said = {}
    for name in PLACES:
        own = [path for path in files if place(path) == name]
        lines = sum(path.read_text("utf-8").count("\n") for path in own)
        out = sum(count for pair, count in found.items() if pair[0] == name)
        said[name] = (
            f"{len(own)} files, {lines:,} lines, {out} arrows, "
            f"{inside[name]} in circles"
        )
        print(f"{name:<12}{said[name]}")
    for ring in rings:
        print("circle:", ", ".join(sorted(ring)))
    crossed = {
        (rooms[a], rooms[b]) for ring in rings for a in ring for b in graph[a] & ring
    }
    red = {pair for pair in found if wrong(pair) or pair in crossed} | {*inside}
    if words:
        Path(words[0]).write_text(draw(said, found, red), encoding="utf-8")
        print(f"wrote {words[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
