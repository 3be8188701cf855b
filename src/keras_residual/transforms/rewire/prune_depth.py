"""Makes a network shallower, as long as it stays good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import Count, checked
from keras_residual.graph.analysis import Analysis, as_built
from keras_residual.measures import measure
from keras_residual.measures.loss import Loss, loss_of
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.proof import proved_by_layer
from keras_residual.transforms.rebuild import rebuilt
from keras_residual.transforms.rewire.curve import Step
from keras_residual.transforms.rewire.drop_units import dropped, replacement
from keras_residual.transforms.rewire.pruned import Pruned
from keras_residual.transforms.rewire.scoring import score
from keras_residual.transforms.rewritten import Left
from keras_residual.transforms.timing import latencies
from keras_residual.transforms.trials import Trial, given_trial

_PROVED = 8  # examples on which a layer that is kept is compared with its copy

Tune = Callable[[keras.Model], object]


@checked
def prune_depth(
    model: keras.Model | Analysis,
    data: tuple[Any, Any],
    *,
    tolerance: float,
    by: str = "accuracy",
    loss: Any = None,
    tune: Tune | None = None,
    batch_size: Count = 64,
) -> Pruned:
    """Drops the unit that matters least, again and again, while the network stays good.

    Before each step the lesion of every unit is measured anew. The last network that is
    within the tolerance is returned, and the curve of all that were tried. Each layer
    that is kept is compared with its copy, on the first examples. Choose with examples
    that the network was not trained on, and report on others.

    Args:
        model: A Functional or Sequential model, or an `Analysis` of one; it is not
            changed.
        data: Examples and labels, as arrays or as lists or dicts of arrays.
        tolerance: How much accuracy may be lost in all, 0.01 for one of a hundred
            examples, or how much the loss may grow. With `float("inf")` every unit
            goes, which gives the whole curve.
        by: What the tolerance is of: `"accuracy"`, of several outputs the mean, or
            `"loss"`, which is that of all outputs.
        loss: As `compile` takes it. By default the one that the model is compiled with,
            with its `loss_weights`.
        tune: Called with each shallower model, not compiled, before it is judged: to
            train it on. By default nothing is trained.
        batch_size: Examples that run at once.

    Returns:
        The shallower model, the curve, and the units that cannot go.

    Raises:
        KindError: This is no Keras model.
        ResidualError: The tolerance or `by` is no such thing, the loss is not known or
            does not fit, the labels are no classes, or a layer that was kept computes
            something else.

    Reference:
        Veit et al., Residual Networks Behave Like Ensembles of Relatively Shallow
        Networks, 2016, section 4.1, https://arxiv.org/abs/1605.06431; training for it:
        Huang et al., Deep Networks with Stochastic Depth, 2016, section 3,
        https://arxiv.org/abs/1603.09382.

    Examples:
        >>> x = keras.Input((4,))
        >>> y = keras.layers.Dense(4, kernel_initializer="zeros")(x)
        >>> y = keras.layers.Add(name="add")([x, y])
        >>> model = keras.Model(x, keras.layers.Dense(2)(y))
        >>> data = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> kr.rewire.prune_depth(model, data, tolerance=0, loss=loss).dropped
        ('add',)
    """
    _refuse(tolerance, by)
    analysis = as_built(model)
    model = analysis.model
    search = _Search(data, loss_of(model, loss), batch_size, by)
    network = search.network(analysis, "", kept=True)
    tried, bar = [network], network.bad + tolerance
    trial = _first(model, data, _PROVED)
    while tried[-1].kept and (unit := search.weakest(tried[-1].analysis)):
        draft = Draft(tried[-1].analysis.model)
        dropped(draft, unit, tried[-1].analysis.units)
        shallower, copies = rebuilt(draft)
        proved_by_layer(draft.model, trial, copies)
        if tune is not None:
            tune(shallower)
        network = search.network(shallower, unit)
        network.kept = network.bad <= bar + 1e-12
        tried.append(network)
    left = _left(tried[0].analysis)
    best = [one for one in tried if one.kept][-1]
    return Pruned(best.analysis.model, _steps(tried, _first(model, data, 1)), left)


def _first(model: keras.Model, data: tuple[Any, Any], count: int) -> Trial:
    """Returns the first examples, or as many as the model takes at a time."""
    count = model.inputs[0].shape[0] or count
    return given_trial(
        model, keras.tree.map_structure(lambda values: values[:count], data[0])
    )


def _refuse(tolerance: float, by: str) -> None:
    if not tolerance >= 0:
        raise ResidualError(
            "prune_depth: a network cannot be asked to lose less than nothing.",
            given=f"tolerance={tolerance!r}",
            needed="It is how much may be lost in all: 0.01 is one of a hundred "
            "examples.",
            write="tolerance=0.01",
        )
    if by not in ("accuracy", "loss"):
        raise ResidualError(
            "prune_depth: there is no such measure.",
            given=f"by={by!r}",
            needed="A network is judged by its loss, or by how many examples it gets "
            "right.",
            write='by="accuracy" or by="loss"',
        )


@dataclass
class _Network:
    """A network that was tried, and how well it did."""

    analysis: Analysis
    dropped: str
    loss: float
    accuracy: float | None
    bad: float
    kept: bool = False


@dataclass(frozen=True)
class _Search:
    """What does not change while units go."""

    data: tuple[Any, Any]
    loss: Loss
    batch_size: int
    by: str

    def network(
        self, model: keras.Model | Analysis, dropped: str, *, kept: bool = False
    ) -> _Network:
        analysis = as_built(model)
        model = analysis.model
        loss, accuracy = score(analysis, self.data, self.loss, self.batch_size)
        if self.by == "accuracy" and accuracy is None:
            raise ResidualError(
                f'Model "{model.name}": its labels are no classes.',
                given=f"outputs {model.output_shape}, labels {_shapes(self.data[1])}",
                needed="Accuracy counts which of two or more numbers is the largest.",
                write='prune_depth(..., by="loss")',
            )
        bad = loss if self.by == "loss" else 1 - (accuracy or 0)
        return _Network(analysis, dropped, loss, accuracy, bad, kept)

    def weakest(self, analysis: Analysis) -> str | None:
        """Returns the unit whose lesion is smallest, of those that can go."""
        free = _free(analysis)
        if not free:
            return None
        table = measure(
            analysis,
            self.data,
            columns=["lesion"],
            loss=self.loss,
            batch_size=self.batch_size,
            progress=False,
        )
        known = {
            unit: lesion
            for unit, lesion in zip(table.units, table["lesion"], strict=True)
            if unit in free and np.isfinite(lesion)
        }
        return min(known, key=known.__getitem__, default=None)


def _shapes(labels: Any) -> str:
    return ", ".join(str(np.shape(one)) for one in keras.tree.flatten(labels))


def _free(analysis: Analysis) -> set[str]:
    stuck = {one.path for one in _left(analysis)}
    return {unit.path for unit in analysis.units} - stuck


def _left(analysis: Analysis) -> tuple[Left, ...]:
    draft, found = Draft(analysis.model), []
    for unit in analysis.units:
        try:
            replacement(draft, unit)
        except NotApplicable as reason:
            found.append(Left(f"{unit.kind} unit", unit.path, str(reason)))
    return tuple(found)


def _steps(tried: list[_Network], trial: Trial) -> tuple[Step, ...]:
    models = [one.analysis.model for one in tried]
    times = latencies(models, trial=trial)
    return tuple(
        Step(
            dropped=one.dropped,
            units=len(one.analysis.units),
            loss=one.loss,
            accuracy=one.accuracy,
            parameters=one.analysis.model.count_params(),
            milliseconds=time,
            kept=one.kept,
        )
        for one, time in zip(tried, times, strict=True)
    )
