"""Draws a residual network: the stream as a spine, the units hanging from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from keras_residual.common.errors import ResidualError
from keras_residual.common.files import in_folder
from keras_residual.compose.arguments import checked
from keras_residual.drawing.outline import outline
from keras_residual.drawing.page import page
from keras_residual.drawing.scale import scale_of
from keras_residual.drawing.sheet import Sheet
from keras_residual.drawing.svg import to_svg
from keras_residual.graph.analysis import Analysis, analysis_of
from keras_residual.graph.found import Unit

if TYPE_CHECKING:
    from os import PathLike

    import keras

SUFFIXES = (".svg", ".png", ".pdf")


class Picture(str):
    """A picture as SVG text; a notebook shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<a picture, {len(self):,} letters of SVG>"

    def _repr_svg_(self) -> str:
        return str(self)


@checked
def draw(
    model: keras.Model | Analysis,
    path: str | PathLike[str] | None = None,
    *,
    colour: Mapping[str, float] | None = None,
    measure: str = "",
    dpi: float = 192,
) -> Picture:
    """Draws a residual network as people think of it.

    The stream is a spine. A unit's branch hangs to the right of it, from the dot where
    it leaves to the sign where it is merged: `+` for a sum, `c` for a concatenation. A
    diamond on the spine is a shortcut that is not the identity. What repeats is drawn
    once, with `×N`, or `×N shared` where the weights are the same each time; long skips
    run along the left. The numbers on the left are the size of the stream, without the
    batch. A stream that runs beside the main one, from another input or to another
    output, has a letter: it leaves at the arrow with that letter, and where it is read
    the letter is told.

    The SVG follows the reader's light or dark scheme, holds no ids and fetches
    nothing, so it can be put into any page. Set `--kr-paper` there for its background.
    PNG and PDF are light.

    Args:
        model: A Functional or built Sequential model; nested models are opened. Or an
            `Analysis` of one.
        path: A file to write the picture to, as well; ".svg", ".png" or ".pdf" chooses
            the format.
        colour: What to colour the units by: a number for the path of each, or an
            object whose `to_dict()` is that. Units told as `×N` get a strip of N cells,
            in the order of the model; a unit without a finite number is hatched. By
            default there are no colours.
        measure: What `colour` measures, for the legend; by default its `name`, if any.
        dpi: How fine a PNG is; at 96, one of its pixels is one of the SVG's.

    Returns:
        The picture as SVG text, whatever is written; a notebook shows it.

    Raises:
        KindError: If this is no Keras model, or `colour` gives no numbers.
        ResidualError: If the model has no graph, `colour` does not fit its units, or
            the file is none that can be written.
        PackageError: A package of the extra "report" is not installed.

    Examples:
        >>> import keras
        >>> x = keras.Input((8,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> model = keras.Model(x, y, name="tiny")
        >>> "<title>tiny: 1 residual unit, identity</title>" in draw(model)
        True
        >>> "0.25" in draw(model, colour={"add": 0.25}, measure="change / stream")
        True
    """
    file = Path("model.svg")
    if path is not None:
        file = in_folder(path, "kr.draw(model, {})")
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        write = f'kr.draw(model, "{file.stem or "model"}.svg")'
        raise no_format("draw: the picture", file, write)
    sheet = lay_out(model, colour, measure)
    picture = Picture(to_svg(sheet))
    if path is not None and suffix == ".svg":
        file.write_text(picture, encoding="utf-8")
    elif path is not None:
        from keras_residual.drawing.figure import save  # slow

        save(sheet, file, dpi)
    return picture


def lay_out(
    model: keras.Model | Analysis,
    colour: Mapping[str, float] | None = None,
    measure: str = "",
) -> Sheet:
    """Lays a picture out, for any painter; see `draw`."""
    analysis = analysis_of(model)
    graph, units = analysis.graph, analysis.units
    paths = [unit.path for unit in units]
    scale = None if colour is None else scale_of(colour, measure, paths)
    about = "; ".join(filter(None, (_summary(units), analysis.unread)))
    return page(analysis.model.name, about, outline(graph, units), scale)


def _summary(units: list[Unit]) -> str:
    if not units:
        return "a plain network: no residual units"
    kinds = Counter(unit.kind.replace("_", " ") for unit in units).most_common()
    if len(units) == 1:
        return f"1 residual unit, {kinds[0][0]}"
    if len(kinds) == 1:
        return f"{len(units)} residual units, all {kinds[0][0]}"
    counts = (f"{count} {kind}" for kind, count in kinds)
    return ", ".join([f"{len(units)} residual units", *counts])


def no_format(what: str, path: str | PathLike[str], write: str) -> ResidualError:
    """Returns the error of a file whose ending is no format of pictures.

    Args:
        what: What was to be drawn, and by what.
        path: The file.
        write: What to write instead.
    """
    return ResidualError(
        f"{what} cannot be written in this format.",
        given=repr(str(path)),
        needed=f"It needs one of the endings {', '.join(SUFFIXES)}.",
        write=write,
    )
