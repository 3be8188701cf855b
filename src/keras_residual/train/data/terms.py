"""What has to be known to read new examples as those of the training were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from keras_residual.common.errors import ForeignError
from keras_residual.common.wording import listed
from keras_residual.train.data.pictures import Conversion
from keras_residual.train.mistake import InputError

FEATURES = ("number", "words", "date")
FORMATS = ("ISO8601", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")
YEARS = range(1678, 2262)  # that pandas counts
Kind = Literal["number", "words", "date", "label", "left out"]


@dataclass(frozen=True)
class Column:
    """How a column of a table is read.

    Args:
        name: Its name.
        kind: "number", "words" or "date"; "label"; or "left out".
        words: The different words, each of which becomes a column of 0 and 1.
        form: How a date is written, as pandas has it.
        start: The day that is 0.
    """

    name: str
    kind: Kind
    words: tuple[str, ...] = ()
    form: str = ""
    start: str = ""

    def conversion(self) -> tuple[str, str]:
        """Says how the column is converted, if it is; of one column, and of several."""
        if self.kind == "words":
            said = f"one of {listed(self.words)}, each 0 or 1"
            return f"is {said}", f"are each {said}"
        if self.kind == "date":
            said = f"in days from {self.start}"
            return f"is a date, {said}", f"are dates, {said}"
        return "", ""


@dataclass(frozen=True)
class Terms:
    """How the examples of a training were read.

    Args:
        layout: Which axis of an array is what.
        conversion: How pictures become bytes.
        columns: Each column of a table, in its place.
        named: Whether the table names its columns.
        classes: What a label can be, where it is a class.
    """

    layout: str | None
    conversion: Conversion
    columns: tuple[Column, ...]
    named: bool
    classes: tuple[str, ...] = ()


def read_terms(values: dict[str, Any], shape: tuple[int, ...]) -> Terms:
    """Reads what `Dataset.terms` held when it was written.

    Args:
        values: The terms in recipe.json.
        shape: The shape of an example.

    Raises:
        InputError: They were written by nobody of ours.
    """
    # A run on an array takes a table too: column after column.
    features = shape[0] if len(shape) == 1 else 0
    plain = [
        {"name": f"column {at}", "kind": "number"} for at in range(1, features + 1)
    ]
    try:
        columns = [_column(**one) for one in values.get("columns", plain)]
        if features and not any(one.kind in FEATURES for one in columns):
            raise ForeignError("no column is a feature")
        low, high = map(int, values.get("levels", (0, 65535)))
        return Terms(
            layout=str(values["layout"]) if values.get("layout") else None,
            conversion=Conversion(str(values.get("background", "white")), (low, high)),
            columns=tuple(columns),
            named=bool(values.get("named")),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            "Run: it is not known how its data was read.",
            given=f"terms in recipe.json: {error}",
            needed="recipe.json is what `keras-residual train` wrote.",
            write="--out with another folder, to train anew",
        ) from error


def _column(
    name: str, kind: Kind, words: Any = (), form: str = "", start: str = ""
) -> Column:
    if kind not in get_args(Kind):
        raise ForeignError(f"column {name!r} of kind {kind!r}")
    known = form in FORMATS and date.fromisoformat(start).year in YEARS
    if kind == "date" and not known:
        raise ForeignError(f"dates in column {name!r} as {form!r} from {start!r}")
    return Column(str(name), kind, tuple(map(str, words)), str(form), str(start))
