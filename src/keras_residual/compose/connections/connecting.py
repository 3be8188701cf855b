"""The loop over a connection: `kr.connect`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose import graph, naming
from keras_residual.compose.arguments import demand
from keras_residual.compose.connections.connection import Connection, Step
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Part, Tensor, as_part


def connect(
    x: Any,
    branches: Sequence[Any],
    via: Connection | None = None,
    name: str | None = None,
) -> Tensor:
    """Connects branches by a stream: each reads it, and writes what it makes into it.

    Use it where a form needs more than `Residual`: a stream of several lanes, or all
    that earlier branches made. A branch of a transformer is one sub-layer with its
    norm, `[kr.norm("layer"), attention]`. After the last branch put the final norm.

    Args:
        x: Symbolic tensor, `(batch, ..., channels)` or `(batch, channels, ...)`.
        branches: The parts that compute the changes, in order.
        via: The connection, of `kr.connections`. By default `plain()`, a sum each.
        name: Prefix of the layers' names. Counted per graph by default.

    Returns:
        The tensor that the connection closes with.

    Raises:
        ResidualError: There are no branches, or one does not fit the stream.
        KindError: `via` is no connection, or a branch is no part.

    Examples:
        >>> x = keras.Input((10, 8))
        >>> branches = [[kr.norm("layer"), kr.dense(8)]] * 4
        >>> kr.connect(x, branches, via=kr.connections.hyper(streams=2)).shape
        (None, 10, 8)
    """
    graph.root(x)  # refuses what is not symbolic
    demand("connect", "name", "str | None", name)
    parts, via = _parts(branches), _connection(via)
    scope = Scope(name or naming.current(x).name("connect"))
    step = Step(0, len(parts), scope)
    stream = via.open(x, step)
    for index, branch in enumerate(parts):
        step = replace(step, index=index)
        read, stream = via.read(stream, step)
        change = via.run(branch, read, stream, step)
        stream = via.write(stream, read, change, step)
    return via.close(stream, replace(step, index=len(parts)))


def _parts(branches: Any) -> list[Part]:
    if isinstance(branches, list | tuple) and branches:
        return [as_part(branch) for branch in branches]
    raise ResidualError(
        "connect: `branches` is a list of parts, at least one.",
        given=repr(branches),
        write="connect(x, [branch], via=...)",
    )


def _connection(via: Any) -> Connection:
    if via is None:
        return Connection()
    if isinstance(via, Connection):
        return via
    shown = getattr(via, "__name__", repr(via))
    raise KindError(
        f"connect: {shown} is no connection.",
        needed="`via` takes one of kr.connections, or a class of your own of "
        "kr.connections.Connection.",
        write=f"via=kr.connections.{_nearest(via)}()",
    )


def _nearest(via: Any) -> str:
    """Returns the connection that is meant: by its word, its function or its class."""
    words = import_module("keras_residual.compose.connections").__all__
    known = [word for word in words if word.islower()]
    word = via if isinstance(via, str) else getattr(via, "__name__", "")
    near = get_close_matches(word.lower(), known, 1)
    near += [one for one in known if one in word.lower()]
    return next(iter(near), "plain")
