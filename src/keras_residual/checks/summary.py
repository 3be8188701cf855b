"""How findings about many layers name a few of them."""

from __future__ import annotations

from collections.abc import Sequence

from keras_residual.graph.graph import Op


def summarize(ops: Sequence[Op], most: int = 2) -> str:
    """Names the first operations and counts the others.

    Args:
        ops: The operations, at least one.
        most: How many are named.
    """
    return listed([f'"{op.path}"' for op in ops], most)


def listed(words: Sequence[str], most: int = 2) -> str:
    """Writes the first words of a list and counts the others.

    Args:
        words: The words, at least one.
        most: How many are written.

    Examples:
        >>> listed(["a", "b"]), listed(["a", "b", "c", "d"])
        ('a and b', 'a, b and 2 more')
    """
    shown, rest = list(words[:most]), len(words) - most
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
