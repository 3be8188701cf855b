"""Passes of a user's own: what they say is looked at before it is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.transforms.call import Call
from keras_residual.transforms.preconditions import Work
from keras_residual.transforms.rewritten import Change


def own_pass(one: Any) -> Callable[[Work, Call], str | None]:
    """Returns a pass that is refused where it does not say what it did.

    Args:
        one: A function, or a class whose objects are called.
    """
    fold = one() if isinstance(one, type) else one
    name = _name(fold)

    def told(work: Work, call: Call) -> str | None:
        what = fold(work, call)
        if what is not None and not isinstance(what, str):
            raise KindError(
                f'fuse: the pass "{name}" does not say what it did.',
                given=f"it returned {what!r:.60} for {call.name!r}",
                needed="A pass returns a text, or None where it changed nothing.",
                write='return "into Conv2D"',
            )
        return what

    return told


@contextmanager
def graph_kept(passes: Sequence[Any]) -> Iterator[None]:
    """Says whose doing it is where no model can be made of what the passes left.

    Args:
        passes: What ran.

    Raises:
        ResidualError: There is no model, and passes of a user's own ran.
    """
    own = [_name(one) for one in passes if not isinstance(one, str)]
    try:
        yield
    except Exception as error:
        if not own:
            raise
        raise ResidualError(
            "fuse: no model can be made of what the passes left; the old one is "
            "unchanged.",
            given=f"{', '.join(own)}; then {type(error).__name__}: {error}",
            needed="Whatever reads a value needs a call that makes it.",
            write="work.draft.replace(call.outputs[0], value) before "
            "work.draft.remove(call)",
        ) from error


def no_end(last: Change, turns: int) -> ResidualError:
    """Returns the error of passes that always find something to do.

    Args:
        last: The last change.
        turns: How often all passes ran.
    """
    return ResidualError(
        "fuse: the passes come to no end; the old model is unchanged.",
        given=f"{turns} turns, the last change {last.what!r} at {last.path!r}",
        needed="A pass leaves fewer calls, or such that it leaves alone the next time.",
        write="return None where nothing is left to do",
    )


def _name(one: Any) -> str:
    return getattr(one, "__name__", type(one).__name__)
