"""How findings about many layers name a few of them."""

from __future__ import annotations

from collections.abc import Sequence

from keras_residual.common.wording import listed
from keras_residual.graph.graph import Op

NAMED = 2


def summarize(ops: Sequence[Op], most: int = NAMED) -> str:
    """Names the first operations and counts the others.

    Args:
        ops: The operations, at least one.
        most: How many are named.
    """
    return listed([f'"{op.path}"' for op in ops], most)
