"""Calls a model in inference, and sees more of it than its outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import keras
import numpy as np

from keras_residual.graph.analysis import Analysis, as_built
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.kinds import MERGES, fused_activation
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.graph.untouched import state_of, untouched
from keras_residual.transforms.saturation import LOOPS, behind, saturating
from keras_residual.transforms.trials import Arrays, Numbers, Trial, must_run_here

Pairs = Collection[tuple[Any, Any]]
Record = Callable[[str, Any], None]

BEFORE, AT, MASK, STATE = "before ", "value of ", "mask of ", "state "
LOOP = "made in a loop by "
SEEDS = "seeds"
ADDED, WEIGHED = "losses that layers add", "losses of weights"
_SEED = "seed_generator_state"  # as Keras calls the variable of a `SeedGenerator`
_NUMBERS = 4096  # that are kept of one sample of a value inside


@dataclass(frozen=True)
class Answer:
    """What a model made of a batch.

    Args:
        outputs: Its outputs, by name.
        inside: What was seen on the way: the inputs of activations that saturate, the
            merges, what loops return, the masks of the outputs, losses, and the state
            that it leaves.
    """

    outputs: Numbers
    inside: Numbers


class Witness:
    """A model that is called on arrays, in inference, and stays as it is.

    Args:
        model: A Functional or Sequential model, or an `Analysis` of one.

    Raises:
        ResidualError: The model cannot be run on this machine.

    Examples:
        >>> x = keras.Input((2,))
        >>> y = keras.layers.Dense(1, "sigmoid", name="p")(x)
        >>> trial = Trial(("given",), (np.ones((1, 2)),))
        >>> made = Witness(keras.Model(x, y)).answer(trial)
        >>> [*made.outputs, *made.inside]
        ['p', 'before p']
    """

    def __init__(self, model: keras.Model | Analysis) -> None:
        self.analysis = as_built(model)
        self.model, graph = self.analysis.model, self.analysis.graph
        must_run_here(self.model)
        pictures = [op for op in graph.ops if len(op.shape) > 3]
        self.axis = 1 if any(map(graph.channels_first, pictures)) else -1
        times = Counter(id(op.layer) for op in graph.ops)

        def once(op: Op) -> bool:
            return times[id(op.layer)] == 1

        self._saturating = [*filter(once, saturating(graph))]
        self._told = [
            (op, (AT if op.kind in MERGES else LOOP) + op.path)
            for op in graph.ops
            if once(op) and (op.kind in MERGES or isinstance(op.layer, LOOPS))
        ]
        names = _output_names(self.model)
        ends = [behind(graph, index, self._saturating) for index in graph.outputs]
        self.seen = {
            name: BEFORE + end.path
            for name, end in zip(names, ends, strict=True)
            if end is not None
        }
        """For an output that saturates, the name of what is seen before."""

    def answer(self, trial: Trial, weights: Pairs = ()) -> Answer:
        """Returns what the model makes of a batch.

        Args:
            trial: The batch.
            weights: Pairs of a variable and the value that is used instead.
        """
        made = trial.answered(lambda arrays: self._answer(arrays, weights))
        count = len(_output_names(self.model))
        names = list(made)
        return Answer(
            {name: made[name] for name in names[:count]},
            {name: made[name] for name in names[count:]},
        )

    def _answer(self, arrays: Arrays, weights: Pairs) -> Numbers:
        inside: Numbers = {}
        scope = keras.StatelessScope(
            weights, collect_losses=True, initialize_variables=False
        )

        def record(name: str, value: Any) -> None:
            if (seen := _seen(value, self.axis)) is not None:
                inside[name] = seen

        with without_gradients(), untouched(self.model, scope=scope):
            with self._watched(record):
                given = packed(self.model, arrays)
                made = keras.tree.flatten(self.model(given, training=False))
            outputs = dict(zip(_output_names(self.model), made, strict=True))
            inside |= _masks(outputs) | _losses(self.model, scope)
            inside |= _states(self.model, scope)
        return {name: numbers(value) for name, value in outputs.items()} | inside

    @contextmanager
    def _watched(self, record: Record) -> Iterator[None]:
        """Lets layers tell what they are given or return, inside `untouched` only."""
        changed = []
        for op in self._saturating:
            name = "activation" if fused_activation(op.layer) else "call"
            changed.append((op, name, _tells_given(record, BEFORE + op.path)))
        for op, told in self._told:
            changed.append((op, "call", _tells_made(record, told)))
        held = [
            (vars(op.layer), name, vars(op.layer).get(name)) for op, name, _ in changed
        ]
        try:
            for op, name, telling in changed:
                vars(op.layer)[name] = telling(getattr(op.layer, name))
            yield
        finally:
            for attributes, name, value in held:
                attributes.pop(name) if value is None else attributes.update(
                    {name: value}
                )


def packed(model: keras.Model, arrays: Sequence[Any]) -> Any:
    """Returns arrays in the structure that a model takes.

    Args:
        model: The model.
        arrays: One for each input, in their order.
    """
    if isinstance(model, keras.Sequential):
        return arrays[0]
    return keras.tree.pack_sequence_as(model.input, list(arrays))


def _output_names(model: keras.Model) -> list[str]:
    count = len(keras.tree.flatten(model.outputs))
    names = getattr(model, "output_names", None) or ["output"] * count
    return [n if names.count(n) == 1 else f"{n}[{k}]" for k, n in enumerate(names)]


def _tells_given(record: Record, name: str) -> Callable[[Any], Any]:
    def telling(function: Any) -> Any:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            record(name, (*args, *kwargs.values())[0])
            return function(*args, **kwargs)

        return call

    return telling


def _tells_made(record: Record, name: str) -> Callable[[Any], Any]:
    def telling(function: Any) -> Any:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            made = function(*args, **kwargs)
            record(name, keras.tree.flatten(made)[0])
            return made

        return call

    return telling


def _seen(value: Any, axis: int) -> np.ndarray | None:
    """Returns some of the numbers of each sample, of every channel as many."""
    try:
        found: Any = keras.ops.convert_to_numpy(value)
    except Exception:  # a tracer: it is called inside a loop, and has no numbers
        return None
    if found.ndim < 2:
        return numbers(found)
    found = np.moveaxis(found, axis, -1)
    found = found.reshape(len(found), -1, found.shape[-1])
    most = max(1, _NUMBERS // found.shape[-1])
    places = np.linspace(0, found.shape[1] - 1, min(most, found.shape[1]))
    found = np.moveaxis(found[:, places.astype(int)], -1, axis if axis > 0 else 2)
    return numbers(found)


class _Mask(keras.layers.Layer):
    """Is told the mask of what it is called on."""

    found: Any = None

    def __init__(self) -> None:
        super().__init__(name="mask")
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        self.found = mask
        return inputs


def _masks(outputs: dict[str, Any]) -> Numbers:
    found = {}
    for name, value in outputs.items():
        layer = _Mask()
        layer(value)
        if layer.found is not None:
            found[MASK + name] = numbers(layer.found)
    return found


def _losses(model: keras.Model, scope: keras.StatelessScope) -> Numbers:
    added = [numbers(loss) for loss in scope.losses]
    found = {}
    if added:
        found[ADDED] = np.sum(added, axis=0)
    if decay := _decay(model):
        found[WEIGHED] = np.sum(decay)
    return found


def _decay(model: keras.Model) -> list[np.ndarray]:
    """Returns the losses of regularised weights; Keras asks no scope for them."""
    return [
        numbers(variable.regularizer(variable))
        for variable in model.trainable_variables
        if getattr(variable, "regularizer", None) is not None
    ]


def _states(model: keras.Model, scope: keras.StatelessScope) -> Numbers:
    """Returns what the call wrote into variables, in their order; seeds together."""
    written = [(v.name, scope.get_current_value(v)) for v in state_of(model)]
    written = [(name, numbers(new)) for name, new in written if new is not None]
    seeds = [new for name, new in written if name == _SEED]
    states = [(name, new) for name, new in written if name != _SEED]
    found = {f"{STATE}{name} {k}": new for k, (name, new) in enumerate(states)}
    return found | ({SEEDS: np.stack(seeds)} if seeds else {})
