"""What an attention reads beside its queries, where that is not the same tensor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from keras_residual.compose.part import Tensor

Others = tuple[Tensor, Tensor]
_others: ContextVar[Others | None] = ContextVar("others", default=None)


@contextmanager
def beside(key: Tensor, value: Tensor) -> Iterator[None]:
    """Lets the attention that is made in it read its keys and values elsewhere.

    Args:
        key: What the keys are projected from.
        value: What the values are projected from.
    """
    token = _others.set((key, value))
    try:
        yield
    finally:
        _others.reset(token)


def others() -> Others | None:
    """Returns what keys and values are projected from, if not from the queries' own."""
    return _others.get()
