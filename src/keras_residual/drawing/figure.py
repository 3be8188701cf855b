"""Paints a sheet with Matplotlib: PNG and PDF, as the SVG looks in light."""

from __future__ import annotations

from functools import singledispatch
from pathlib import Path
from typing import Any

from keras_residual.common.extras import extra
from keras_residual.drawing.lettering import font_file
from keras_residual.drawing.sheet import (
    AREAS,
    LIGHT,
    LINES,
    TEXTS,
    Box,
    Disc,
    Line,
    Shape,
    Sheet,
    Text,
)

with extra("report", "A picture as PNG or PDF"):
    import matplotlib as mpl
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle
    from matplotlib.text import Text as Words

_SIDES: dict[str, Any] = {"start": "left", "middle": "center", "end": "right"}
_POINTS = 72 / 96  # in a CSS pixel


def save(sheet: Sheet, path: Path, dpi: float) -> None:
    """Writes a sheet; the suffix of the path says in which format.

    Args:
        sheet: The picture.
        path: The file, ".png" or ".pdf".
        dpi: Dots per inch of a PNG; a CSS pixel is 1/96 inch.
    """
    figure = Figure(
        figsize=(sheet.width / 96, sheet.height / 96), facecolor=LIGHT["sheet"]
    )
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, sheet.width)
    axes.set_ylim(sheet.height, 0)
    for order, mark in enumerate(sheet.marks):
        artist = _artist(mark)
        artist.set_zorder(order)
        artist.set_clip_on(False)
        axes.add_artist(artist)
    # Without a date and a version, so that the same model gives the same bytes.
    unsaid = ("CreationDate", "Producer") if path.suffix == ".pdf" else ("Software",)
    metadata = {"Title": sheet.title, **dict.fromkeys(unsaid)}
    with mpl.rc_context({"pdf.fonttype": 42}):  # letters stay letters, embedded
        figure.savefig(path, dpi=dpi, format=path.suffix[1:], metadata=metadata)


@singledispatch
def _artist(mark: object) -> Artist:
    raise NotImplementedError(mark)


@_artist.register
def _(mark: Line) -> Artist:
    look = LINES[mark.role]
    return Polygon(
        mark.points,
        closed=False,
        fill=False,
        edgecolor=LIGHT[look.colour],
        linewidth=look.width * _POINTS,
        linestyle=(0, (5 / look.width, 4 / look.width)) if look.dashed else "solid",
        capstyle="butt",
        joinstyle="round",
    )


@_artist.register
def _(mark: Shape) -> Artist:
    return Polygon(mark.points, **_paint(mark.role))


@_artist.register
def _(mark: Disc) -> Artist:
    return Circle((mark.x, mark.y), mark.radius, **_paint(mark.role))


@_artist.register
def _(mark: Box) -> Artist:
    around, paint = AREAS[mark.role].round, _paint(mark.role)
    if mark.fill:
        paint["facecolor"] = mark.fill
    if not around:
        return Rectangle((mark.x, mark.y), mark.width, mark.height, **paint)
    return FancyBboxPatch(
        (mark.x, mark.y),
        mark.width,
        mark.height,
        boxstyle=f"round,pad=0,rounding_size={around}",
        **paint,
    )


@_artist.register
def _(mark: Text) -> Artist:
    look = TEXTS[mark.role]
    return Words(
        mark.x,
        mark.y,
        mark.text.replace("$", r"\$"),  # a name is no formula
        color=LIGHT[look.colour],
        fontproperties=FontProperties(
            fname=font_file(look.bold), size=look.size * _POINTS
        ),
        horizontalalignment=_SIDES[mark.anchor],
        verticalalignment="baseline",
    )


def _paint(role: str) -> dict[str, Any]:
    look = AREAS[role]
    return {
        "facecolor": LIGHT.get(look.fill, "none"),
        "edgecolor": LIGHT.get(look.edge, "none"),
        "linewidth": look.width * _POINTS if look.edge else 0,
    }
