"""Parts that follow the branch: they are told what it made of the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose import axes, sizes
from keras_residual.compose.apart import advice
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Goal, Made, Tensor, factory

P = ParamSpec("P")


class Shortcut(Made):
    """A part that looks at what the branch made before it carries the input."""

    def carry(self, x: Tensor, goal: Goal, scope: Scope) -> Tensor | None:
        return self.build(x, goal, scope, **self.given)

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        raise KindError(
            f"{scope.where}: {self!r} follows a branch, and here is none.",
            write=f"Residual(branch, shortcut={self!r})",
        )


def shortcut(
    build: Callable[Concatenate[Tensor, Goal, Scope, P], Tensor | None],
) -> Callable[P, Shortcut]:
    """Turns a function of a tensor and a goal into one that makes the shortcut."""
    return factory(Shortcut, build)


class Follower(Made):
    """A part that follows the branch on a shortcut, and elsewhere stands alone."""

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        return self.build(x, None, scope, **self.given)

    def carry(self, x: Tensor, goal: Goal, scope: Scope) -> Tensor | None:
        return self.build(x, goal, scope, **self.given)


def follower(
    build: Callable[Concatenate[Tensor, Goal | None, Scope, P], Tensor],
) -> Callable[P, Follower]:
    """Turns a function of a tensor and perhaps a goal into one that makes the part."""
    return factory(Follower, build)


def meets(x: Tensor, goal: Goal) -> bool:
    """Says whether the merge can take `x` as it is, at every size."""
    rows = sizes.tried(goal.start, [x, goal.change])
    return all(goal.merge.fits(carried, change) for _, carried, change in rows)


def strides(x: Tensor, goal: Goal, scope: Scope) -> tuple[int, ...]:
    """Returns the steps along each axis that take `x` to the size of the change.

    Raises:
        ResidualError: No stride leads there.
    """
    found = sizes.steps(goal.start, x, goal.change)
    if len(found) == axes.rank(x) and all(step and not step.trimmed for step in found):
        return tuple(step.stride for step in found if step)
    where = f"{scope.where}: no stride carries {x.shape} to {goal.change.shape}"
    if None in goal.start.shape[1:]:
        rows = sizes.tried(goal.start, [x, goal.change])
        where += "".join(f", {row[1]} to {row[2]}" for row in rows[:2])
    needed, write = advice(goal.start, x, goal.change) or (
        "A shortcut can take every 2nd, 3rd, ... element.",
        "a shortcut of your own that makes the same sizes:  shortcut=[...]",
    )
    raise ResidualError(f"{where}.", needed=needed, write=write)
