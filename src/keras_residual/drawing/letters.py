"""The letters that streams bear in a picture, and where they are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from keras_residual.graph.graph import Graph, Op

BARE = "•"  # stands for the letters of streams, whichever they are


@dataclass
class Letters:
    """The letters of the streams beside the main one.

    Args:
        leave: Which streams leave at an operation: their letters.
        made: Which stream makes an operation's output.
    """

    leave: dict[int, str] = field(default_factory=dict)
    made: dict[int, str] = field(default_factory=dict)

    @property
    def bare(self) -> Letters:
        """The same without what the letters are."""
        return Letters(dict.fromkeys(self.leave, BARE), dict.fromkeys(self.made, BARE))

    def read_by(self, op: Op, besides: set[int]) -> set[str]:
        """Returns the letters of the streams that an operation reads."""
        return {self.made[s] for s in op.sources if s in self.made and s not in besides}

    def lent_to(self, op: Op, graph: Graph) -> set[str]:
        """Returns the letters of the streams that are an operation's masks."""
        masks = {*graph.reads(op)} - {*op.sources}
        return {self.made[at] for at in masks if at in self.made}


def order(letter: str) -> tuple[int, str]:
    """Returns what letters are sorted by: Z comes before AA.

    Args:
        letter: A letter, or several.
    """
    return len(letter), letter


def told_of(letters: set[str], word: str) -> list[str]:
    """Says which streams are read, in the order of their letters.

    Args:
        letters: Their letters.
        word: How they are read.
    """
    return [f"{word} {', '.join(sorted(letters, key=order))}"] if letters else []
