"""Tells a line of names from a line of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from keras_residual.common.wording import listed
from keras_residual.train.data.raw_labels import MISSING
from keras_residual.train.data.survey import Survey
from keras_residual.train.mistake import InputError

# Names that people give to what is to be learned.
LABELS = frozenset(
    {"label", "labels", "class", "classes", "target", "targets", "y", "species", "kind"}
    | {"category", "outcome", "diagnosis", "survived", "response", "result", "output"}
    | {"class_id", "class_name", "class_label", "label_id", "label_name"}
)
MOST = 0.9  # of the cells of a column: what a slip of the pen does not change


def column_names(found: Survey, header: bool | None) -> tuple[list[str] | None, str]:
    """Returns the names in the first line, or none if it holds values.

    Args:
        found: The lines of a table.
        header: What the user says. What the lines look like by default.

    Returns:
        The names, stripped; and what is said of it.

    Raises:
        InputError: It could be either, or two columns bear one name.
    """
    names = [cell.strip() for cell in found.first]
    if header is None:
        header = _looks_like_names(found, names)
        if not header:
            return None, "no line of names (--header if there is); columns are numbered"
        said = "the numbers in line 1 are names (--no-header if not)"
        said = said * any(map(is_number, names))
    else:
        said = ""
    if not header:
        return None, said
    named = Counter(name for name in names if name)
    twice = sorted(name for name, times in named.items() if times > 1)
    if twice:
        raise InputError(
            f"Data {found.path}: columns share a name.",
            given=f"{listed(map(repr, twice))}, twice or more in {found.line(0)}",
            needed="Columns are told apart by their names.",
            write="other names in line 1",
            switch="--no-header, if that is no line of names",
        )
    return names, said


def _looks_like_names(found: Survey, names: list[str]) -> bool:
    numbers = [_as_number(name) for name in names if name]
    if numbers == list(range(len(numbers))):  # as pandas names columns
        return True
    votes = [
        _vote(name, [row[at].strip() for row in found.sample])
        for at, name in enumerate(names)
    ]
    named = any(
        vote > 0 and name.lower() in LABELS
        for vote, name in zip(votes, names, strict=True)
    )
    if named or min(votes) == 0 == max(votes):
        return True
    if max(votes) > 0 > min(votes):
        _ask(found, names, "Some of these look like names, and some like values.")
    if max(votes) <= 0 and _numbers_like_names(found, numbers):
        _ask(found, names, "These numbers differ in kind from those below them.")
    return max(votes) > 0


def _ask(found: Survey, names: list[str], needed: str) -> None:
    raise InputError(
        f"Data {found.path}: it is not clear whether line 1 holds names.",
        given=listed(map(repr, names)),
        needed=needed,
        write="--header if they are names, --no-header if they are values",
    )


def _numbers_like_names(found: Survey, numbers: Sequence[float | None]) -> bool:
    """Whether line 1 could name columns by years, sizes or wavelengths.

    Such names are whole and ascend, where the cells below do neither.
    """
    first = [cell.strip() for cell in found.first]
    plain = [cell.isdigit() for cell in first]
    rows = [[_as_number(cell.strip()) for cell in row] for row in found.sample]
    if len(first) > 2 and all(plain) and _ascends(numbers):
        return sum(map(_ascends, rows)) < len(rows) / 2
    columns = zip(*found.sample, strict=True)
    decimals = [_mostly(map(_has_decimals, column)) for column in columns]
    whole = [here for here, below in zip(plain, decimals, strict=True) if below]
    return len(whole) > 1 and all(whole)


def _ascends(numbers: Sequence[float | None]) -> bool:
    return all(a is not None and b is not None and a < b for a, b in pairwise(numbers))


def _has_decimals(cell: str) -> bool:
    return is_number(cell) and not cell.strip().lstrip("+-").isdigit()


def _mostly(holds: Iterable[bool]) -> bool:
    every = list(holds)
    return sum(every) >= MOST * len(every)


def _vote(name: str, below: list[str]) -> int:
    """Returns 1 if a cell looks like the name of the cells below, -1 if like one."""
    cells = [cell for cell in below if cell.lower() not in MISSING]
    if not cells or name.lower() in MISSING:
        return 0
    if is_number(name):
        return -1 if any(map(is_number, cells)) else 0
    if _mostly(map(is_number, cells)):
        return 1
    if name in cells:
        return -1
    return 1 if len(set(cells)) <= len(cells) / 2 else 0


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with a point or a comma.

    Args:
        cell: The cell.
    """
    return _as_number(cell) is not None


def _as_number(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell.replace(",", "."))
    except ValueError:
        return None
