"""The words that stand for parts and merges: one table, in one place."""

from __future__ import annotations

from difflib import get_close_matches

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import merges, parts, shortcuts
from keras_residual.compose.merge import Merge
from keras_residual.compose.part import Part

PARTS = {
    "auto": shortcuts.auto(),
    "crop": shortcuts.crop(),
    "identity": shortcuts.identity(),
    "none": shortcuts.none(),
    "pooled_projection": shortcuts.pooled_projection(),
    "projection": shortcuts.projection(),
    "zero_pad": shortcuts.zero_pad(),
    "batch": parts.norm("batch"),
    "group": parts.norm("group"),
    "layer": parts.norm("layer"),
    "rms": parts.norm("rms"),
}
"""Beside these, each name of a Keras activation stands for that activation."""

MERGES = {
    "add": merges.add(),
    "average": merges.average(),
    "concatenate": merges.concatenate(),
    "gate": merges.gate(),
    "multiply": merges.multiply(),
    "two_gates": merges.two_gates(),
}


def part_named(word: str) -> Part:
    """Returns the part that a word stands for.

    Raises:
        ResidualError: There is no such part.
    """
    if word in PARTS:
        return PARTS[word]
    if word in _activations():
        return parts.act(word)
    raise _unknown("part", word, [*PARTS, *_activations()])


def merge_named(word: str) -> Merge:
    """Returns the merge that a word stands for.

    Raises:
        ResidualError: There is no such merge.
    """
    if word in MERGES:
        return MERGES[word]
    raise _unknown("merge", word, list(MERGES))


def _activations() -> list[str]:
    functions = vars(keras.activations)
    helpers = {"get", "serialize", "deserialize"}
    return [n for n in functions if not n.startswith("_") and n not in helpers]


def _unknown(kind: str, word: str, known: list[str]) -> ResidualError:
    near = get_close_matches(word, known, n=3)
    return ResidualError(
        f"There is no {kind} {word!r}.",
        needed=f"Words for a {kind} are {', '.join(map(repr, _WORDS[kind]))}"
        f"{' and the names of Keras activations' * (kind == 'part')}.\n"
        f"Any Keras layer or function can be a {kind}, too.",
        write=" or ".join(map(repr, near)),
    )


_WORDS = {"part": PARTS, "merge": MERGES}
