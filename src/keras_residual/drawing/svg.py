"""Paints a sheet as SVG."""

from __future__ import annotations

from functools import singledispatch

from keras_residual.common.terminal import escape
from keras_residual.drawing.sheet import (
    AREAS,
    DARK,
    LIGHT,
    LINES,
    TEXTS,
    Area,
    Box,
    Disc,
    Line,
    Point,
    Shape,
    Sheet,
    Text,
)

_SANS = 'ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif'


def to_svg(sheet: Sheet) -> str:
    """Paints a sheet, in the light or dark scheme of who looks at it."""
    title = escape(sheet.title)
    wide, tall = f"{sheet.width:g}", f"{sheet.height:g}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="kr-net" role="img" '
            f'aria-label="{title}" width="{wide}" height="{tall}" '
            f'viewBox="0 0 {wide} {tall}" style="max-width:100%;height:auto">',
            f"<title>{title}</title>",
            f"<style>{_css()}</style>",
            *map(_paint, sheet.marks),
            "</svg>",
        ]
    )


def _css() -> str:
    rules = [f".kr-net{{background:var(--kr-sheet);{_colours(LIGHT)}}}"]
    dark = f"{{.kr-net{{{_colours(DARK)}}}}}"
    rules.append(f"@media (prefers-color-scheme:dark){dark}")
    rules.append(f".kr-net text{{font-family:{_SANS}}}")
    rules += [
        f".kr-net .kr-{role}-text{{fill:var(--kr-{look.colour});"
        f"font-size:{look.size:g}px{';font-weight:bold' * look.bold}}}"
        for role, look in TEXTS.items()
    ]
    rules += [
        f".kr-net .kr-{role}-line{{stroke:var(--kr-{look.colour});fill:none;"
        f"stroke-width:{look.width:g};stroke-linejoin:round"
        f"{';stroke-dasharray:5 4' * look.dashed}}}"
        for role, look in LINES.items()
    ]
    rules += [f".kr-net .kr-{role}{{{_area(look)}}}" for role, look in AREAS.items()]
    return "".join(rules)


def _area(look: Area) -> str:
    if not look.fill:
        return "shape-rendering:crispEdges"  # no seams between cells
    edge = f";stroke:var(--kr-{look.edge});stroke-width:{look.width:g}"
    return f"fill:var(--kr-{look.fill})" + (edge if look.edge else "")


def _colours(theme: dict[str, str]) -> str:
    """Names the colours of a theme; the page around may set its own paper."""
    own = {**theme, "sheet": f"var(--kr-paper,{theme['sheet']})"}
    return ";".join(f"--kr-{name}:{colour}" for name, colour in own.items())


@singledispatch
def _paint(mark: object) -> str:
    raise NotImplementedError(mark)


@_paint.register
def _(mark: Line) -> str:
    return f'<path class="kr-{mark.role}-line" d="{_path(mark.points)}"/>'


@_paint.register
def _(mark: Shape) -> str:
    return f'<path class="kr-{mark.role}" d="{_path(mark.points)}z"/>'


@_paint.register
def _(mark: Disc) -> str:
    place = f'cx="{mark.x:g}" cy="{mark.y:g}" r="{mark.radius:g}"'
    return f'<circle class="kr-{mark.role}" {place}/>'


@_paint.register
def _(mark: Box) -> str:
    around = AREAS[mark.role].round
    place = f'x="{_short(mark.x)}" y="{_short(mark.y)}"'
    size = f'width="{_short(mark.width)}" height="{_short(mark.height)}"'
    rest = f' rx="{around:g}"' if around else ""
    rest += f' fill="{mark.fill}"' if mark.fill else ""
    return f'<rect class="kr-{mark.role}" {place} {size}{rest}/>'


@_paint.register
def _(mark: Text) -> str:
    anchor = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
    place = f'x="{_short(mark.x)}" y="{_short(mark.y)}"'
    return (
        f'<text class="kr-{mark.role}-text" {place}{anchor}>{escape(mark.text)}</text>'
    )


def _path(points: tuple[Point, ...]) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


def _short(number: float) -> str:
    return f"{round(number, 2):g}" if abs(number) < 1e4 else f"{number:.0f}"
