"""What measured numbers say about a unit, in a word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keras_residual.compose.arguments import demand

DEAD = 1e-3
DOMINATED = 1.0
CANCELLING = -0.5
NON_NEGATIVE = 1e-3
SUMS = ("add", "average", "streams")


@dataclass(frozen=True)
class Verdict:
    """What is worth knowing about a unit.

    Args:
        word: In one word: `"dead"`, `"dominated"`, `"cancelling"`, `"non-negative"`.
        reason: The number that it rests on, and what it means.
    """

    word: str
    reason: str


MEANINGS = {
    "dead": "the branch is below 0.001 of the stream, so the unit does nothing",
    "dominated": "the branch is larger than the stream, so the unit replaces what it "
    "is given more than it corrects it",
    "cancelling": "the branch points against the stream and takes it away",
    "non-negative": "no value of the branch is below 0, so the stream can only grow",
}
"""What each word says, for the foot of a table."""


def starts_stream(place: int, kind: str) -> bool:
    """Says whether the stream starts at a unit: the first, or one that projects it.

    Args:
        place: Of the unit in the network, from 0.
        kind: What its shortcut is.
    """
    return place == 0 or kind in ("projection", "pooled_projection")


def verdicts(
    values: Mapping[str, float], *, starts: bool = False, form: str = "add"
) -> tuple[Verdict, ...]:
    """Says what is remarkable about a unit.

    Args:
        values: What was measured, by the name of the column: `"ratio"`, `"cosine"` and
            `"negative"` are looked at, as far as they are there and are numbers.
        starts: Whether the stream starts at this unit. It is then as large as a stem
            or a projection made it, and that the branch is larger is no news.
        form: How the unit joins its paths. Where it does not sum them, as in a
            concatenation, the branch takes nothing from the stream and does not let it
            grow: only a dead one is told.

    Returns:
        The verdicts; none for a healthy unit.

    Reference:
        That a branch of values that are never negative makes the stream grow: He et
        al., Identity Mappings in Deep Residual Networks, 2016, section 4.1,
        https://arxiv.org/abs/1603.05027.

    Examples:
        >>> [v.word for v in verdicts({"ratio": 2e-5, "cosine": 0.1})]
        ['dead']
    """
    demand("verdicts", "values", "Mapping[str, Any]", values)
    nan = float("nan")
    ratio, cosine, negative = (
        values.get(k, nan) for k in ("ratio", "cosine", "negative")
    )
    found = []
    if ratio < DEAD:
        found.append(Verdict("dead", f"the branch is {ratio:.1e} of the stream"))
    if form not in SUMS:
        return tuple(found)
    if ratio > DOMINATED and not starts:
        found.append(
            Verdict("dominated", f"the branch is {ratio:.2g} times the stream")
        )
    if cosine < CANCELLING:
        found.append(
            Verdict("cancelling", f"the branch points against the stream: {cosine:.2f}")
        )
    if negative < NON_NEGATIVE and ratio != 0:
        found.append(
            Verdict("non-negative", "the branch can only add, so the stream grows")
        )
    return tuple(found)
