"""What a unit is worth: the loss without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.graph.handing import masked_as
from keras_residual.graph.numbers import numbers
from keras_residual.graph.running import Runner, Values
from keras_residual.measures.column import Column, ForwardPass, Totals, quotient
from keras_residual.measures.unit_activations import Array, UnitPaths


class Lesion(NamedTuple):
    """What one unit is worth to the examples of a batch.

    Args:
        rises: How much more every example loses.
        shares: What each example weighs in the mean.
    """

    rises: Array
    shares: Array


def lesions(forward: ForwardPass) -> Iterator[tuple[int, Lesion | None]]:
    """Shows, for each unit, how much more every example loses without its branch.

    The merge is replaced by what the shortcut brings to it, so a projection stays. Of
    a concatenation, the branch's part becomes zeros. Only what comes after the unit is
    run again.

    Args:
        forward: The batch.
    """
    whole = forward.losses(forward.runner.outputs(forward.known))
    before, shares = map(numbers, whole)
    for k, values in forward.merges():
        paths = forward.units[k]
        alone = without_branch(paths, values)
        if alone is None:
            yield k, None
            continue
        merge = paths.unit.merge.index
        lost = forward.losses(
            outputs_with(forward.runner, forward.known, values, {merge: alone})
        )
        yield k, Lesion(numbers(lost.values) - before, shares)


def outputs_with(
    runner: Runner, known: Values, alive: Values, other: Values
) -> list[Any]:
    """Runs the rest of a network with other values than it computed, to its outputs.

    What only the rest reads, such as another input, is made again.

    Args:
        runner: Runs the graph.
        known: The values of the inputs.
        alive: The values at the point where the run was stopped.
        other: What stands for some of them.
    """
    return runner.outputs({**known, **alive, **other})


def without_branch(paths: UnitPaths, values: Values) -> Any:
    """Returns the stream that would leave a unit without its branch.

    Args:
        paths: The unit.
        values: What is alive when its merge has run.

    Returns:
        A tensor of the merge's shape; None where there is no such stream.
    """
    if paths.carried is None:
        return None
    merge = paths.unit.merge
    carried, merged = values[paths.carried], values[merge.index]
    if carried.shape == merged.shape and paths.unit.form != "subtract":
        return masked_as(merged, carried)
    if not paths.plain:
        return None
    silent = {end: keras.ops.zeros_like(values[end]) for end in paths.change}
    return paths.graph.run(merge, {**values, **silent})


def lesion_sums(lesion: Lesion | None) -> Totals | None:
    """Adds changes of the loss, for `lesion = E [L without the branch - L]`.

    Near zero the network does without the unit; below zero it does better without. Of
    masked sequences every position that counts weighs alike, as in `fit`.

    Args:
        lesion: How much more every example loses.

    Reference:
        Veit et al., Residual Networks Behave Like Ensembles of Relatively Shallow
        Networks, 2016, section 4.1, https://arxiv.org/abs/1605.06431.
    """
    if lesion is None:
        return None
    rises, shares = lesion
    return np.array([(rises * shares).sum(), shares.sum()])


@checked
def effective_depth(losses: Array, share: float = 0.9) -> int:
    """Says how many units carry most of what all units are worth.

    The smallest number of units whose lesions add up to a share of all lesions. Those
    that the network does better without count as nothing. The other definition in use,
    the path lengths that carry the gradient, samples paths of a network whose units are
    alike; this one needs no such assumption.

    Args:
        losses: The lesion of each unit; units without a number are left out.
        share: Of the sum of lesions. Nine tenths by default.

    Returns:
        The number; 0 where no unit is worth anything.

    Raises:
        ResidualError: The share is not between 0 and 1.

    Reference:
        The lesions: Veit et al., 2016, section 4.1, https://arxiv.org/abs/1605.06431.

    Examples:
        >>> effective_depth(np.array([0.6, 0.0, 0.35, 0.05]))
        2
    """
    if not 0 < share <= 1:
        raise ResidualError(
            "effective_depth: no such share.",
            given=f"share={share!r}",
            needed="It is above 0 and at most 1.",
            write="share=0.9",
        )
    worth = np.sort(np.maximum(np.nan_to_num(_numbers(losses)), 0.0))[::-1]
    reached = np.cumsum(worth)
    if not len(worth) or reached[-1] == 0:
        return 0
    return int((reached < share * reached[-1] * (1 - 1e-12)).sum()) + 1


def _numbers(losses: Any) -> Array:
    try:
        found = np.asarray(losses, float)
    except (TypeError, ValueError):
        found = np.zeros(())
    if found.ndim != 1:
        raise KindError(
            "effective_depth: these are no lesions.",
            given=f"{losses!r:.80}",
            needed="It takes a number for each unit, in a list or an array.",
            write='effective_depth(table["lesion"])',
        )
    return found


LESION = Column(
    "lesion",
    "lesion",
    lesions,
    lesion_sums,
    quotient,
    missing="needs a shortcut that can stand for the merged stream",
    needs_labels=True,
)
