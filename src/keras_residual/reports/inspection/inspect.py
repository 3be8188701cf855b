"""Writes the page."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import keras

from keras_residual.checks.catalogue import with_own
from keras_residual.checks.subject import Subject
from keras_residual.common.errors import ResidualError
from keras_residual.common.extras import require
from keras_residual.common.files import in_folder, replacing
from keras_residual.compose.arguments import Count, checked
from keras_residual.graph.analysis import Analysis
from keras_residual.measures.column import Columns, ColumnWord
from keras_residual.measures.reading import read_with
from keras_residual.reports.frame import asset, html_page, json_block
from keras_residual.reports.inspection.charts import lesions, measures, similarity
from keras_residual.reports.inspection.facts import facts_of, heading
from keras_residual.reports.inspection.findings import findings
from keras_residual.reports.inspection.stream import stream
from keras_residual.reports.inspection.units import rows, structure
from keras_residual.reports.inspection.view import View, measure_all

_HERE = "keras_residual.reports.inspection"


@checked
def inspect(  # noqa: PLR0913 - the model, and how it is looked at
    model: keras.Model | Analysis,
    path: str | PathLike[str],
    *,
    data: Any = None,
    columns: Columns | ColumnWord | None = None,
    loss: Any = None,
    batch_size: Count = 64,
    progress: bool = True,
    rules: Sequence[Any] = (),
) -> Path:
    """Writes a page to look at a model with: units, findings and measures.

    The page is one file that fetches nothing. A unit that is clicked in the picture, in
    a finding or in the table shows its operations, its findings and its numbers. With
    data, the picture can be coloured by what was measured, and there are charts over
    depth, of lesions and of how alike the streams are.

    Args:
        model: A Functional or built Sequential model, whoever built it, or an
            `Analysis` of one.
        path: The page to write; it ends in ".html".
        data: Examples as `measure` takes them. By default none, and no numbers.
        columns: Names of `measures.COLUMNS`, or `"all"`. By default those of `measure`,
            and the gradient and the lesion where there are labels and a loss.
        loss: As `measure` takes it. By default the one that the model is compiled with.
        batch_size: Examples that run at once, where data is arrays.
        progress: Whether a bar is shown on a terminal, in the error stream.
        rules: Rules of your own, as `check` takes them.

    Returns:
        Where the page is.

    Raises:
        KindError: If this is no Keras model, or no data.
        ResidualError: If the page would be no HTML file, the model has no graph, or
            data, columns or loss do not fit it.
        PackageError: A package of the extra "report" is not installed.

    Examples:
        >>> x = keras.Input((8,), name="x")
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> kr.inspect(keras.Model(x, y), "page.html").name
        'page.html'
    """
    require("report", "inspect", "plotly", "matplotlib", "PIL")
    asked = with_own(rules)
    place = _page_at(path)
    analysis, data = read_with(model, data)
    measured = measure_all(
        analysis,
        data,
        columns=columns,
        loss=loss,
        batch_size=batch_size,
        progress=progress,
    )
    subject = Subject(analysis, measured.data, table=measured.table)
    view = View(
        model=analysis.model,
        graph=subject.graph,
        units=subject.units,
        rules=asked,
        findings=[finding for rule in asked for finding in rule.findings(subject)],
        table=measured.table,
        similarity=measured.similarity,
        lens=measured.lens,
        attribution=measured.attribution,
        notes=measured.notes,
    )
    with replacing(place) as partial:
        partial.write_text(page_of(view), encoding="utf-8")
    return place


def page_of(view: View) -> str:
    """Returns the page as text.

    Args:
        view: What is shown.
    """
    parts = {
        "Structure": structure,
        "Findings": findings,
        "Units": rows,
        "Measures": measures,
        "Lesions": lesions,
        "Similarity": similarity,
        "Stream": stream,
    }
    if not view.units:
        parts = {"Structure": structure, "Findings": findings}
    elif view.table is None:
        del parts["Lesions"], parts["Similarity"]
    if view.lens is None and view.attribution is None:
        parts.pop("Stream", None)
    sections = "".join(
        f"<section><h2>{title}</h2>{part(view)}</section>"
        for title, part in parts.items()
    )
    body = f"{heading(view)}{sections}{json_block('inspection', facts_of(view))}"
    style, script = (
        asset(_HERE, f"definitions.{kind}") + asset(_HERE, f"inspect.{kind}")
        for kind in ("css", "js")
    )
    return html_page(view.model.name, body, style=style, script=script)


def _page_at(path: str | PathLike[str]) -> Path:
    place = in_folder(path, "inspect(model, {})")
    if place.suffix != ".html":
        raise ResidualError(
            "inspect: the page would be no HTML file.",
            given=f"path={str(path)!r}",
            needed='A page ends in ".html".',
            write=f'inspect(model, "{place.stem or "page"}.html")',
            option=f"--out {place.stem or 'page'}.html",
        )
    return place
