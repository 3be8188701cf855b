"""A run on some examples, with one unit's change taken from a run on others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import keras
import numpy as np
import rich.table
from numpy.typing import NDArray

from keras_residual.common.errors import ResidualError
from keras_residual.common.shown import Wide
from keras_residual.compose.arguments import checked
from keras_residual.graph.agreement import must_agree
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.numbers import array, numbers
from keras_residual.graph.running import Values
from keras_residual.measures.lesion import outputs_with
from keras_residual.measures.measuring import bar
from keras_residual.measures.points import added_up, parts_of
from keras_residual.measures.probe import one_batch
from keras_residual.measures.reading import read_with
from keras_residual.measures.stream.head import Head
from keras_residual.measures.stream.passing import Passing, passing
from keras_residual.measures.stream.tables import table
from keras_residual.measures.stream.target import Classes, target_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Patching(Wide):
    """What each unit's change, taken from other examples, does to a metric.

    Args:
        model: Name of the model.
        units: The path of each unit.
        effect: How much the metric rises, a row a unit, then an entry an example; by
            position, then an entry a position.
        clean: The metric of the examples, each.
        other: The metric of the others, each.
        notes: What has to be said.
    """

    model: str
    units: tuple[str, ...]
    effect: Array
    clean: Array
    other: Array
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> Array:
        """The mean effect as a share of the mean way from the one to the other.

        NaN where the two metrics are alike.
        """
        way = (self.other - self.clean).mean()
        return self.effect.mean(1) / (way if way else np.nan)

    def rows(self) -> list[dict[str, Any]]:
        """Returns a row a unit, by name; by position, the unit's strongest one."""
        found = []
        for unit, effect, share in zip(
            self.units, self.effect, self.share, strict=True
        ):
            mean = effect.mean(0)
            at = np.unravel_index(np.abs(mean).argmax(), mean.shape)
            where = {"position": ", ".join(map(str, at))} if mean.ndim else {}
            row = {"effect": float(mean[at]), "share": float(share[at])}
            found.append({"unit": unit, **where, **row})
        return found

    def __rich__(self) -> rich.table.Table:
        means = f"{self.clean.mean():.3g} to {self.other.mean():.3g}"
        title = f"patching of {self.model}: the metric goes from {means}"
        return table(title, self.rows(), self.notes)


@checked
def patching(  # noqa: PLR0913
    model: keras.Model | Analysis,
    x: Any,
    other: Any,
    *,
    metric: Callable | None = None,
    target: Classes = None,
    versus: Classes = None,
    position: int | None = -1,
    at: str | int | None = None,
    by: Literal["unit", "position"] = "unit",
    stream: str | None = None,
    progress: bool = True,
) -> Patching:
    """Takes one unit's change from a run on other examples: activation patching.

    `effect_k = m(y with F_k from other) - m(y)`, with `F_k` what the branch of unit k
    brings to its sum and `m` the metric. The two runs go side by side; after each unit
    only the rest of the first is run again, once, or once a position. A unit whose
    effect is large carries what tells the examples apart. `share` is the effect divided
    by `m(other) - m(x)`.

    Args:
        model: A Functional or built Sequential model, whoever built it; or an
            `Analysis` of one.
        x: Examples, in one batch.
        other: As many others, each to be set beside one of `x`.
        metric: Takes the outputs of the model, as NumPy arrays, and returns a number,
            or one for each example. By default the logit of `target`, before the last
            softmax, less that of `versus`.
        target: A class, or one for each example; by default the top one of `x`.
        versus: A class, or one for each example; by default none.
        position: Where the logit is read, along the positions of a sequence; None for
            the mean of all.
        at: Which output the logit is of, from 0; by default the first that the stream
            reaches. Or the path of an operation whose last axis is read as classes.
        by: "unit" takes the change at every position; "position" at one at a time.
        stream: The path of a unit of the stream; by default the last stream of two
            units or more.
        progress: Whether a bar is shown on a terminal, in the error stream.

    Returns:
        The effect of each unit.

    Raises:
        KindError: This is no Keras model, or no data.
        ResidualError: The two batches differ in shape; there is no such stream, class
            or position; the metric is no number.

    Reference:
        Vig et al., Investigating Gender Bias in Language Models Using Causal Mediation
        Analysis, 2020, https://arxiv.org/abs/2004.12265. The share: Wang et al.,
        Interpretability in the Wild, 2022, https://arxiv.org/abs/2211.00593.

    Examples:
        >>> x = keras.Input((2,), name="x")
        >>> half = keras.layers.Rescaling(0.5, name="half")
        >>> model = keras.Model(x, keras.layers.Add(name="add")([x, half(x)]))
        >>> here, there = np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]])
        >>> kr.stream.patching(model, here, there, target=0).effect.tolist()
        [[1.0]]
    """
    analysis, x = read_with(model, x)
    look = passing(analysis, stream)
    known, others = _side_by_side(look, x, other)
    with without_gradients(), bar(progress) as shown:
        must_agree(look.runner, look.analysis.model, known)
        if metric is None:
            score = _logit(look, known, look.head(at), (target, versus, position))
        else:
            score = partial(_of_outputs, look, metric)
        clean, there = score(known, {}, {}), score(others, {}, {})
        merges = _merges(look, known, others)
        units = len(look.stream.units)
        found = []
        for merge, values, changes in shown.track(
            merges, total=units, description=f"patching {look.name}"
        ):
            effects = [
                score(known, values, {merge: each}) - clean for each in changes(by)
            ]
            shape = changes.positions if by == "position" else ()
            found.append(np.stack(effects, 1).reshape(len(clean), *shape))
    names = look.stream.names[1:]
    return Patching(look.name, names, np.stack(found), clean, there, look.notes)


def _side_by_side(look: Passing, x: Any, other: Any) -> tuple[Values, Values]:
    graph = look.stream.graph
    known, others = (one_batch(graph, each).known for each in (x, other))
    for index, value in known.items():
        if value is not None and value.shape != others[index].shape:
            raise ResidualError(
                f'Patching of "{look.name}": the two batches differ in shape.',
                given=f"{tuple(value.shape)} and {tuple(others[index].shape)}",
                needed="Each example is set beside one of the others.",
                write="sequences padded to one length, and as many of both",
            )
    return known, others


class _Changes:
    """The merged stream with the change of others in it: whole, or a position each."""

    def __init__(self, merged: Any, here: dict[str, Any], change: Any, axis: int):
        self._merged, self._here, self._change = merged, here, change
        shape = tuple(merged.shape)
        self._axis = axis
        self.positions = tuple(n for k, n in enumerate(shape) if k not in (0, axis))

    def __call__(self, by: str) -> Iterator[Any]:
        """Yields the streams."""
        if by == "unit":
            yield added_up(self._merged, {**self._here, "change": self._change})
            return
        for place in np.ndindex(self.positions):
            chosen = np.zeros(self.positions, bool)
            chosen[place] = True
            where = np.expand_dims(chosen[None], self._axis)
            change = keras.ops.where(where, self._change, self._here["change"])
            yield added_up(self._merged, {**self._here, "change": change})


def _merges(
    look: Passing, known: Values, others: Values
) -> Iterator[tuple[int, Values, _Changes]]:
    """Runs both side by side and stops at each merge of the stream."""
    numbered = {unit.merge.index: k for k, unit in enumerate(look.stream.units)}
    both = (look.runner.run(each, numbered.keys()) for each in (known, others))
    for (index, values), (_, there) in zip(*both, strict=True):
        paths, merged = look.paths[numbered[index]], values[index]
        here = parts_of(paths, merged, values)
        change = parts_of(paths, there[index], there)["change"]
        axis = paths.channel_axis(len(merged.shape))
        yield index, dict(values), _Changes(merged, here, change, axis)


def _logit(look: Passing, known: Values, head: Head, asked: tuple) -> Callable:
    """Returns what scores a run by the logits that are asked for."""
    edits = head.edits(look.stream.graph)

    def logits(*stopped: Values) -> Any:
        every = {index: v for values in stopped for index, v in values.items()}
        run = look.runner.run(every, {head.op.index}, edits=edits)
        return next(values[index] for index, values in run)

    target = target_of(head, logits(known), *asked)
    return lambda *stopped: numbers(target.of(head, logits(*stopped)))


def _of_outputs(
    look: Passing, metric: Callable, known: Values, alive: Values, other: Values
) -> Array:
    outputs = outputs_with(look.runner, known, alive, other)
    graph = look.stream.graph
    found = np.asarray(metric(graph.packed([array(each) for each in outputs])), float)
    examples = next(len(v) for v in known.values() if v is not None)
    if found.shape not in ((), (1,), (examples,)):
        raise ResidualError(
            f'Patching of "{look.name}": the metric is no number.',
            given=f"an array of shape {found.shape}",
            needed=f"It is one number, or one for each of the {examples} examples.",
            write="metric=lambda y: y[:, 0] - y[:, 1]",
        )
    return np.broadcast_to(found, (examples,)).copy()
