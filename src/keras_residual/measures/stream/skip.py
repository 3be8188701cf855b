"""What the network is without units in a row: their shortcuts stand for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import rich.table
from numpy.typing import NDArray

from keras_residual.common.errors import ResidualError
from keras_residual.common.shown import Wide
from keras_residual.common.wording import counted
from keras_residual.compose.arguments import Count, checked
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.handing import masked_as
from keras_residual.graph.numbers import numbers
from keras_residual.measures.balance import cosines
from keras_residual.measures.batches import Batch
from keras_residual.measures.lesion import outputs_with, without_branch
from keras_residual.measures.loss import Losses, loss_of
from keras_residual.measures.reading import read_with
from keras_residual.measures.stream.passing import Passing, passing
from keras_residual.measures.stream.tables import table
from keras_residual.measures.stream.target import weights_at
from keras_residual.measures.unit_activations import UnitActivations

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Skip(Wide):
    """What changes without each run of units.

    Args:
        model: Name of the model.
        first: The path of the first unit that is skipped.
        last: The path of the last one.
        distance: Angle between the stream before and after them, as a share of a half
            turn.
        influence: `1 - E cos` of the two, over all positions.
        rise: Of the loss without them; None without labels.
        turn: Angle between the outputs with and without them, as a share of a half
            turn; NaN where the output is one number, which has no direction.
        examples: How many were looked at.
        notes: What has to be said.
    """

    model: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    distance: Array
    influence: Array
    rise: Array | None
    turn: Array
    examples: int
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """Returns a row a run of units, by name."""
        columns = {"distance": self.distance, "influence": self.influence}
        columns["turn"] = self.turn
        if self.rise is not None:
            columns["rise"] = self.rise
        ends = zip(self.first, self.last, strict=True)
        return [
            {
                "first": first,
                "last": last,
                **{n: float(v[k]) for n, v in columns.items()},
            }
            for k, (first, last) in enumerate(ends)
        ]

    def __rich__(self) -> rich.table.Table:
        title = f"{self.model} without units: {counted(self.examples, 'example')}"
        return table(title, self.rows(), self.notes)


@checked
def skip(  # noqa: PLR0913
    model: keras.Model | Analysis,
    data: Any,
    *,
    length: Count = 1,
    loss: Any = None,
    stream: str | None = None,
    position: int | None = -1,
    batch_size: Count = 64,
    progress: bool = True,
) -> Skip:
    """Skips units in a row, and says what the stream and the network lose.

    With `x_k` what enters the sum of unit k, and `x_{k+n}` what leaves that of unit
    k + n - 1: `distance = E arccos(cos(x_k, x_{k+n})) / π`, `influence = 1 - E cos(x_k,
    x_{k+n})`, a vector a position, and `rise = E [L without them - L]`. For one unit
    these two are `influence` and `lesion` of `measure`; for both units of a
    transformer's layer the influence is the block influence of ShortGPT. Only what
    comes after the units is run again. For the answer of an early exit see `lens`.

    Args:
        model: A Functional or built Sequential model, whoever built it; or an
            `Analysis` of one.
        data: As `measure` takes it; with labels where the loss is to be known.
        length: How many units are skipped at once. A transformer's layer has two.
        loss: As `compile` takes it. By default the one that the model is compiled with.
        stream: The path of a unit of the stream; by default the last stream of two
            units or more.
        position: The position of a sequence whose distance is told. By default the
            last that no mask leaves out, as in the paper; None for all of them. What
            is no sequence is one vector an example.
        batch_size: Examples that run at once, where data is arrays.
        progress: Whether a bar is shown on a terminal, in the error stream.

    Returns:
        A row for each run of units.

    Raises:
        KindError: This is no Keras model, or no data.
        ResidualError: There is no such stream, or it is shorter than the skip; there
            are labels and no loss.

    Reference:
        Distance: Gromov et al., The Unreasonable Ineffectiveness of the Deeper Layers,
        2024, https://arxiv.org/abs/2403.17887. Influence: Men et al.,
        ShortGPT, 2024, equation 1, https://arxiv.org/abs/2403.03853. Rise: Veit et al.,
        2016, section 4.1, https://arxiv.org/abs/1605.06431.

    Examples:
        >>> x = keras.Input((2,), name="x")
        >>> turned = keras.layers.Dense(2, use_bias=False, name="turned")
        >>> model = keras.Model(x, keras.layers.Add(name="add")([x, turned(x)]))
        >>> turned.set_weights([np.array([[0.0, 1.0], [-1.0, 0.0]])])
        >>> kr.stream.skip(model, np.eye(2)).distance.round(3).tolist()
        [0.25]
    """
    analysis, data = read_with(model, data)
    look = passing(analysis, stream)
    _must_fit(look, length)
    totals, examples, measured = np.zeros((len(look.paths) - length + 1, 8)), 0, None
    for batch in look.batches(data, batch_size, progress, "skipping"):
        if batch.labels is not None and measured is None:
            measured = loss_of(look.analysis, loss)
        how = _How(look, batch, length, position, measured)
        for k, seen in _skipped(how):
            totals[k] += seen
        examples += batch.examples
    with np.errstate(invalid="ignore", divide="ignore"):
        means = totals[:, ::2] / totals[:, 1::2]
    paths = look.stream.names[1:]
    return Skip(
        look.name,
        paths[: len(means)],
        paths[length - 1 :],
        means[:, 0],
        1 - means[:, 1],
        None if measured is None else means[:, 2],
        means[:, 3],
        examples,
        look.notes,
    )


def _must_fit(look: Passing, length: int) -> None:
    if length > len(look.paths):
        raise ResidualError(
            f'Skip of "{look.name}": the stream is shorter.',
            given=f"length={length}",
            needed=f"The stream that ends in {look.stream.path!r} has "
            f"{counted(len(look.paths), 'unit')}.",
            write=f"length={len(look.paths)}",
        )


class _How(NamedTuple):
    look: Passing
    batch: Batch
    length: int
    position: int | None
    loss: Any

    def losses(self, outputs: list[Any]) -> Losses:
        packed = self.look.stream.graph.packed(outputs)
        return self.loss.of(self.batch.labels, packed, self.batch.weights)


def _skipped(how: _How) -> Iterator[tuple[int, Array]]:
    """Yields, for each run of units, sums and what to divide them by."""
    look, known = how.look, how.batch.known
    runner = look.runner
    whole = runner.outputs(known)
    before = how.losses(whole) if how.loss else None
    numbered = {unit.merge.index: k for k, unit in enumerate(look.stream.units)}
    entered: deque[tuple[Any, Array]] = deque(maxlen=how.length)
    for index, values in runner.run(known, numbered.keys()):
        k = numbered[index]
        paths = look.paths[k]
        seen = UnitActivations(paths, dict(values), how.batch.examples)
        carried = numbers(values[look.stream.carried[k].index])
        entered.append((without_branch(paths, values), carried))
        if len(entered) < how.length:
            continue
        alone, carried = entered[0]
        cut = masked_as(values[index], alone)
        outputs = outputs_with(runner, known, values, {index: cut})
        rise = np.zeros(2)
        if before is not None:
            shares = numbers(before.shares)
            rises = numbers(how.losses(outputs).values) - numbers(before.values)
            rise = np.array([(rises * shares).sum(), shares.sum()])
        told = [
            _angle(*_vectors(seen, carried, how.position)),
            cosines(seen.by_position(carried), seen.by_position(seen.merged)),
            rise,
            _turn(_flat(whole), _flat(outputs)),
        ]
        yield k - how.length + 1, np.concatenate(told)


def _vectors(
    seen: UnitActivations, carried: Array, position: int | None
) -> tuple[Array, Array]:
    """Returns the vectors whose angle is told: at a position of a sequence."""
    if carried.ndim != 3:
        return seen.by_example(carried), seen.by_example(seen.merged)
    chosen = weights_at(carried.shape[:2], seen.counts, position) > 0
    return carried[chosen], seen.merged[chosen]


def _angle(a: Array, b: Array) -> Array:
    """Adds angles in half turns; what is zero has none."""
    sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    known = sizes > 0
    cosine = (a * b).sum(1)[known] / sizes[known]
    angles = np.arccos(np.clip(cosine, -1, 1)) / np.pi
    return np.array([angles.sum(), known.sum()])


def _turn(whole: Array, outputs: Array) -> Array:
    return _angle(whole, outputs) if whole.shape[1] > 1 else np.zeros(2)


def _flat(outputs: list[Any]) -> Array:
    rows = [numbers(one) for one in outputs]
    return np.concatenate([row.reshape(len(row), -1) for row in rows], axis=1)
