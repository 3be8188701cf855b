"""Labels of several words each, such as `cat;dog`, which are no classes."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from keras_residual.common.wording import listed
from keras_residual.train.data.raw_labels import DRESSED
from keras_residual.train.mistake import InputError

_MOST = 10_000  # labels: more are no combinations of a few words
MARKS = (";", "|", ",", "/", "+", "&", " ")
_BRACKETS = " []{}()'\""
_NAMED = 10  # labels that the advice names


def refuse_several(name: str, labels: list[str]) -> None:
    """Refuses classes that are combinations of fewer words, some of which stand alone.

    Args:
        name: What the data is called in messages.
        labels: Each label once.

    Raises:
        InputError: Says which words they are.
    """
    if len(labels) > _MOST or all(map(DRESSED.fullmatch, labels)):
        return  # or numbers, with commas in them
    for mark in MARKS:
        if words := _words(labels, mark):
            _refuse(name, labels, mark, words)


def _words(labels: list[str], mark: str) -> list[str]:
    """Returns the words that labels are made of; none where they are classes."""
    groups = [
        [word for one in label.split(mark) if (word := one.strip(_BRACKETS))]
        for label in labels
    ]
    times = Counter(chain.from_iterable(map(set, groups)))
    alone = {group[0] for group in groups if len(group) == 1}
    often = sum(count > 1 for count in times.values())
    several = max(map(len, groups)) > 1 and len(times) < len(groups)
    # Names have spaces, too: "light blue" is no two labels, where no "light" is.
    known = alone == set(times) if mark == " " else bool(alone)
    return sorted(times) if several and known and 2 * often >= len(times) else []


def _refuse(name: str, labels: list[str], mark: str, words: list[str]) -> None:
    longest = max(labels, key=len)
    split = mark + " " * (mark != " " and f"{mark} " in longest)
    bare = "df.pop('label')"
    if longest[0] in _BRACKETS:
        split, bare = mark, bare + f""".str.replace(r"[^\\w{mark}]", "", regex=True)"""
    named = f"'{','.join(words)}'" if len(words) <= _NAMED else "with their names"
    raise InputError(
        f"Data {name}: the labels hold several words each.",
        given=f"{longest!r:.200}, and {len(labels)} different ones in all, of "
        f"{len(words)} words with {mark!r} between them: {listed(words)}",
        needed="Labels that hold or not are columns of 0 and 1, one for each word.",
        write=f"df.join({bare}.str.get_dummies({split!r})).to_csv('data.csv', "
        f"index=False), and --label {named}",
        switch="--task classification, if each combination is a class",
    )
