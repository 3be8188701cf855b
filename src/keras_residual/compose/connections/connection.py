"""Connection: how a stream is opened, read, written and closed."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Never

import keras

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose import axes, sizes
from keras_residual.compose.meeting import keep_mask
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Part, Tensor


@dataclass(frozen=True)
class Step:
    """Where a connection is: at which of its branches.

    Attributes:
        index: Which branch it is, from 0; at the closing, how many there were.
        depth: How many branches there are.
        scope: Gives layers their names: `step.scope.name("write")`.
    """

    index: int
    depth: int
    scope: Scope

    @property
    def last(self) -> bool:
        """Whether no branch follows."""
        return self.index + 1 >= self.depth


@dataclass(frozen=True, repr=False)
class Connection:
    """How a stream runs past branches, for forms in which one equation is not enough.

    A stream is what a connection wants it to be: a tensor, a tuple of tensors. To write
    a connection of your own, make a frozen dataclass of this class and give it these:

    - `open(x, step)` returns the stream before the first branch;
    - `read(stream, step)` returns what the branch reads, and the stream that awaits its
      change, with all that `write` is to know of the reading;
    - `write(stream, x, change, step)` returns the stream after the branch, which made
      `change` of what it read, `x`;
    - `close(stream, step)` returns the tensor after the last branch.

    As they stand here the stream is `x` itself and a change is added to it. Nothing is
    kept in the connection: what a later step needs travels in the stream, so one
    connection serves any number of networks.

    Examples:
        >>> class Halved(kr.connections.Connection):
        ...     def write(self, stream, x, change, step):
        ...         half = keras.layers.Rescaling(0.5, name=step.scope.name("half"))
        ...         return super().write(stream, x, half(change), step)
        >>> kr.connect(keras.Input((8,)), [kr.dense(8)], via=Halved()).shape
        (None, 8)
    """

    def open(self, x: Tensor, step: Step) -> Any:
        """Returns the stream before the first branch.

        Args:
            x: What enters the connection.
            step: Where it is.
        """
        del step
        return x

    def read(self, stream: Any, step: Step) -> tuple[Tensor, Any]:
        """Returns what the branch reads, and the stream that awaits its change.

        Args:
            stream: The stream before the branch.
            step: Where it is.
        """
        del step
        return stream, stream

    def run(self, branch: Part, x: Tensor, stream: Any, step: Step) -> Any:
        """Returns what the branch makes of what it reads.

        Only a connection that gives a branch more than one tensor does this otherwise.

        Args:
            branch: The branch.
            x: What it reads.
            stream: The stream that awaits the change.
            step: Where it is.
        """
        del stream
        return branch.unfold(x, step.scope.inside(f"branch{step.index + 1}"))

    def write(self, stream: Any, x: Tensor, change: Any, step: Step) -> Any:
        """Returns the stream after the branch.

        Args:
            stream: What `read` left.
            x: What the branch read.
            change: What it made of that.
            step: Where it is.
        """
        return added(stream, alike(x, change, step), step)

    def close(self, stream: Any, step: Step) -> Tensor:
        """Returns the tensor after the last branch.

        Args:
            stream: The stream.
            step: Where it is: its index is the number of branches.
        """
        del step
        return stream

    def __call__(self, *given: Any, **options: Any) -> Never:
        """Refuses: a connection is handed to `kr.connect`."""
        del given, options
        raise KindError(
            f"{self!r} is a connection, and was called.",
            needed="It runs past branches, and kr.connect takes them through it.",
            write=f"kr.connect(x, [branch], via=kr.connections.{self!r})",
        )

    def __repr__(self) -> str:
        # Printed as the call of the function that made it.
        values = {field: getattr(self, field.name) for field in fields(self)}
        given = [f"{f.name}={v!r}" for f, v in values.items() if v != f.default]
        name = re.sub("(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()
        return f"{name}({', '.join(given)})"


def added(stream: Tensor, change: Tensor, step: Step) -> Tensor:
    """Adds a change to the stream, and keeps its mask.

    Args:
        stream: The stream, one tensor.
        change: What is added.
        step: Where that is.
    """
    y = keras.layers.Add(name=step.scope.name("add"))([stream, change])
    return keep_mask(stream, y, step.scope)


def alike(x: Tensor, change: Tensor, step: Step) -> Tensor:
    """Returns the change, which has to have the shape of what the branch read.

    Args:
        x: What the branch read.
        change: What it made of it.
        step: Where that is.

    Raises:
        ResidualError: It has another shape at some size; nothing is broadcast.
    """
    rows = sizes.tried(x, [change])
    if rows and all(before == after for before, after in rows):
        return change
    width = x.shape[axes.channel_axis(x)]
    raise ResidualError(
        f'Connection "{step.scope.prefix}": branch {step.index + 1} changes the shape.',
        given={"it reads": tuple(x.shape), "it makes": tuple(change.shape)},
        needed="All branches write to one stream, which keeps its shape.",
        write=f"a branch that strides nowhere and ends in {width} channels",
    )
