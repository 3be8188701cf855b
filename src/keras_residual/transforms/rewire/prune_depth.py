"""Makes a network shallower, as long as it stays good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import Count, checked
from keras_residual.graph.analysis import Analysis
from keras_residual.measures.loss import loss_of
from keras_residual.transforms.rewire.backbones import need_class
from keras_residual.transforms.rewire.curve import Step
from keras_residual.transforms.rewire.pruned import Pruned
from keras_residual.transforms.rewire.search import Network, Search, first_trial
from keras_residual.transforms.timing import latencies
from keras_residual.transforms.trials import Trial

Tune = Callable[[keras.Model], object]


@checked
def prune_depth(  # noqa: PLR0913
    model: keras.Model | Analysis,
    data: tuple[Any, Any],
    *,
    tolerance: float,
    by: Literal["accuracy", "loss"] = "accuracy",
    units: Literal["unit", "block"] = "unit",
    into: Literal["backbone"] | None = None,
    loss: Any = None,
    tune: Tune | None = None,
    batch_size: Count = 64,
) -> Pruned:
    """Drops the unit that matters least, again and again, while the network stays good.

    Before each step every unit is measured anew: a unit by its lesion, a block by its
    influence, `1 - E cos` of what enters and what leaves it. The last network that is
    within the tolerance is returned, and the curve of all that were tried. Each layer
    that is kept is compared with its copy, on the first examples. Choose with examples
    that the network was not trained on, and report on others.

    Args:
        model: A Functional or Sequential model, or an `Analysis` of one; it is not
            changed. One that hides its units in layers is opened before,
            `kr.unfold(model).model`, unless its class is kept.
        data: Examples and labels, as arrays or as lists or dicts of arrays.
        tolerance: How much accuracy may be lost in all, 0.01 for one of a hundred
            examples, or how much the loss may grow. With `float("inf")` every unit
            goes, which gives the whole curve.
        by: What the tolerance is of: `"accuracy"`, of several outputs the mean, or
            `"loss"`, which is that of all outputs.
        units: What goes at a time: a `"unit"`, or a `"block"`, all units of one layer,
            as attention and feed-forward of a transformer's.
        into: `"backbone"` keeps the class: what goes are blocks, and each model is made
            of the config of the old one with fewer layers, as it is for a backbone of
            keras-hub, or for a task that has one as `backbone`. It is compared with the
            old model without the block on the first examples.
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
            does not fit, the labels are no classes, a layer that was kept computes
            something else, or the class makes no model with one layer less.

    Reference:
        Veit et al., Residual Networks Behave Like Ensembles of Relatively Shallow
        Networks, 2016, section 4.1, https://arxiv.org/abs/1605.06431; training for it:
        Huang et al., Deep Networks with Stochastic Depth, 2016, section 3,
        https://arxiv.org/abs/1603.09382. Blocks: Men et al., ShortGPT, 2024, section 3,
        https://arxiv.org/abs/2403.03853.

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
    kept = model.model if isinstance(model, Analysis) else model
    if into:
        need_class(kept)
        units = "block"
    search = Search(data, loss_of(kept, loss), batch_size, by, units, into)
    network = search.network(model, "", kept=True)
    tried, bar = [network], network.bad + tolerance
    while tried[-1].kept and (found := search.next(tried[-1])):
        shallower, dropped = found
        if tune is not None:
            tune(shallower)
        network = search.network(shallower, dropped)
        network.kept = network.bad <= bar + 1e-12
        tried.append(network)
    best = [one for one in tried if one.kept][-1]
    left = search.left(tried[0].analysis)
    return Pruned(best.analysis.model, _steps(tried, first_trial(kept, data, 1)), left)


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
            write='by="accuracy" or by="loss"'
            + ', and units="block"' * (by == "block"),
        )


def _steps(tried: list[Network], trial: Trial) -> tuple[Step, ...]:
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
