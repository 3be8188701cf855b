"""Labels as they come: what is no label is refused, what is a number becomes one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import listed, text
from keras_residual.train.mistake import InputError

# What programs write for "not known", in any case; and Python's None.
MISSING = frozenset(
    {"", "nan", "-nan", "na", "n/a", "n.a.", "#na", "#n/a", "#n/a n/a", "<na>"}
    | {"null", "nat", "?", ".", "--", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"}
    | {"#div/0!", "#name?", "#null!", "#num!", "#ref!", "#value!"}
)
# What people write for it; among words, each of them may be a class as well.
DOUBTFUL = frozenset(
    {"-", "–", "—", "∅", "none", "nil", "missing", "unknown", "undefined", "n.d."}
    | {"not available", "not known", "unlabeled", "unlabelled", "tbd", "unk"}
)
# Numbers that stand for it, where nothing else is below zero.
SENTINELS = (-9, -99, -999, -9999, -99999)
FLAGS = {"True": 1.0, "TRUE": 1.0, "False": 0.0, "FALSE": 0.0}  # as programs write
# A number with what is no part of it: '1.5, <0.5, $1,000, (3.00), 12 %, 4*, 1D+02.
DRESSED = re.compile(
    r"'?[<>≤≥~≈]?=? ?(?P<sign>\(?[-+\u2212\u2013]?)[€$£¥]? ?"
    r"(?P<whole>\d{1,3}([,.' _\u2009\u202f\xa0\u2019]\d{3})+|\d+)(?P<rest>[.,]\d+)?"
    r"(?P<power>[eEdD][-+]?\d+)?\)?( ?[%‰€$£¥]| ?[*†]{1,3})?"
)
UNIT = re.compile(r"[-+]?\d[\d.,]* ?(?P<unit>[^\W\d_]{1,8})")  # 10 kg, 3.5cm
Place = Callable[[int], str]


def is_missing(cells: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Finds the cells that say "not known".

    Args:
        cells: Words, stripped.
    """
    said = (one.lower() in MISSING or one == "None" for one in cells.ravel().tolist())
    return np.fromiter(said, bool, cells.size).reshape(cells.shape)


def is_empty(cells: NDArray) -> bool:
    """Whether every cell says "not known".

    Args:
        cells: A column.
    """
    return cells.dtype.kind == "U" and bool(is_missing(cells).all())


def plain_labels(name: str, labels: NDArray[Any]) -> NDArray:
    """Returns labels as words or numbers, one a row or several columns of them.

    Args:
        name: What the data is called in messages.
        labels: Any array.

    Raises:
        InputError: They are neither words nor numbers, or have more than two axes.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind == "O" and all(isinstance(one, str) for one in labels.flat):
        labels = labels.astype(str)
    if labels.ndim > 1 and set(labels.shape[1:]) == {1}:
        labels = labels.reshape(len(labels))
    if labels.dtype.kind not in "biufU" or labels.ndim not in (1, 2):
        raise InputError(
            f"Data {name}: the labels are neither words nor numbers.",
            given=f"labels of shape {labels.shape}, {labels.dtype}",
            needed="A label is one word or number for each example, or a row of them.",
            write="y.astype(str) for words, y.astype('float32') for numbers",
        )
    return labels


def as_numbers(labels: NDArray) -> NDArray:
    """Turns words that are all numbers into numbers, so that 1 and 1.0 are one.

    Args:
        labels: Words or numbers.
    """
    if labels.dtype.kind != "U":
        return labels
    words = np.char.strip(labels)
    if is_missing(words).any() or (np.char.find(words, "_") >= 0).any():
        return words  # Python takes 1_2 for 12
    try:
        return words.astype(np.float64)
    except ValueError:
        return words


def refuse_missing(name: str, labels: NDArray, place: Place) -> None:
    """Refuses labels that say nothing.

    Args:
        name: What the data is called in messages.
        labels: Words or numbers.
        place: Says where the label of an example is.

    Raises:
        InputError: A label is missing or infinite; says how many are, and where.
    """
    if labels.dtype.kind == "U":
        bad = is_missing(labels)
    else:
        bad = ~np.isfinite(labels.astype(np.float64))
    rows = bad if bad.ndim == 1 else bad.any(axis=1)
    if not rows.any():
        return
    where = [place(int(row)) for row in np.flatnonzero(rows)[:5]]
    first = labels[bad][0]
    raise InputError(
        f"Data {name}: labels are missing.",
        given=f"{int(rows.sum())} of {len(labels)} examples, at {', '.join(where)}"
        f"{', ...' if rows.sum() > 5 else ''}; the first is {str(first)!r}",
        needed="Every example has a label. Empty, NaN, NA, null, None and ? are none; "
        "nor is what is infinite.",
        write="the data without those examples, or with their labels",
    )


def refuse_doubtful(name: str, labels: NDArray, place: Place) -> None:
    """Refuses labels that stand for "not known" where all others are numbers.

    Args:
        name: What the data is called in messages.
        labels: One word or number an example.
        place: Says where the label of an example is.

    Raises:
        InputError: Says which ones, and where.
    """
    tasks = "--task classification"
    if labels.dtype.kind == "U":
        others = np.array([not _is_number(one) for one in labels.tolist()])
        doubtful = np.isin(np.char.lower(labels), list(DOUBTFUL))
    else:
        others, doubtful = labels < 0, np.isin(labels, SENTINELS)
        tasks += " or --task regression"
    if doubtful.any() and not (others & ~doubtful).any() and not doubtful.all():
        at = np.flatnonzero(doubtful)
        raise InputError(
            f"Data {name}: some labels seem to be missing.",
            given=f"{text(labels[at[0]])!r} at {place(int(at[0]))}, and such in "
            f"{len(at)} of {len(labels)} examples; all others are numbers",
            needed="Every example has a label.",
            write=f"the data without those examples; or {tasks}, if these are labels",
        )


def refuse_two_spellings(name: str, labels: NDArray[np.str_]) -> None:
    """Refuses one number that is written in two ways among words.

    Args:
        name: What the data is called in messages.
        labels: Words, not all of which are numbers.

    Raises:
        InputError: Such as 1 and 1.0, or 1 and True; says which.
    """
    for spellings in _groups(np.unique(labels).tolist(), _number_or_flag):
        raise InputError(
            f"Data {name}: one label is spelt in two ways.",
            given=f"{listed(map(repr, spellings))}, beside words",
            needed="A class has one name.",
            write="one spelling of it; or --task classification, if these are two "
            "classes",
        )


def doubts(
    names: Iterable[str], one: str = "class", many: str = "classes"
) -> tuple[str, ...]:
    """Says which names may be meant as one, and which as none.

    Args:
        names: Names of classes, or words of a column.
        one: What a name is of.
        many: What they are of.

    Examples:
        >>> doubts(["Cat", "cat", "dog"])
        ("'Cat' and 'cat' are classes of their own, though spelt nearly alike",)
    """
    groups = [listed(map(repr, group)) for group in _groups(names, _plainest)]
    said = [
        f"{some} are {many} of their own, though spelt nearly alike" for some in groups
    ]
    none = [repr(name) for name in names if name.lower() in DOUBTFUL]
    return (*said, *(f"{name} is a {one} like the others" for name in none))


def _groups(names: Iterable[str], key: Callable[[str], Any]) -> list[list[str]]:
    groups = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _plainest(name: str) -> Any:
    if _is_number(name):
        return float(name)
    one = unicodedata.normalize("NFKC", name)  # é is one letter or two
    one = "".join(letter for letter in one if unicodedata.category(letter) != "Cf")
    return re.sub(r"[-_\s]", "", one).casefold() or name


def in_other_dress(words: NDArray[np.str_]) -> bool:
    """Whether words are numbers with separators of thousands, units or signs.

    Args:
        words: Words, not all of which are numbers.
    """
    return all(DRESSED.fullmatch(word) for word in words.tolist())


def undressed(cell: str) -> str:
    """Says how a number in other dress is written plainly.

    Args:
        cell: What `in_other_dress` holds of, or a number and its unit.

    Examples:
        >>> undressed("(€1,234.50)"), undressed("1,234"), undressed("3.5 kg")
        ('-1234.50', '1234 or 1.234', '3.5')
    """
    if unit := UNIT.fullmatch(cell):
        cell = cell.removesuffix(unit["unit"]).strip()
    found = DRESSED.fullmatch(cell)
    if found is None:
        return cell
    sign = "-" * (not {*found["sign"]}.isdisjoint("(-\u2212\u2013"))
    parts = re.findall(r"\d+", found["whole"])
    rest = (found["rest"] or "").replace(",", ".") + (found["power"] or "")
    plain = [sign + "".join(parts) + rest]
    if len(parts) == 2 and not rest and found["whole"][-4] in ",.":
        plain.append(sign + ".".join(parts))
    return " or ".join(plain)


def have_unit(words: Iterable[str]) -> bool:
    """Whether words are numbers with one unit.

    Args:
        words: Words.
    """
    found = [UNIT.fullmatch(word) for word in words]
    return all(found) and len({one and one["unit"] for one in found}) == 1


def refuse_words(name: str, labels: NDArray[np.str_], task: str) -> None:
    """Refuses words where numbers are needed.

    Args:
        name: What the data is called in messages.
        labels: Words.
        task: What they were to be learned as.

    Raises:
        InputError: Always.
    """
    words = [one for one in np.unique(labels) if not _is_number(one)]
    raise InputError(
        f"Data {name}: the labels are words.",
        given=f"{task} of {listed(map(repr, map(text, words)))}",
        needed="Numbers are predicted from numbers; several labels are columns of 0 "
        "and 1.",
        write="--task classification with one label, or the labels as numbers",
    )


def _number_or_flag(word: str) -> Any:
    if word in FLAGS:
        return FLAGS[word]
    return float(word) if _is_number(word) else word


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return "_" not in word  # Python takes 1_2 for 12
