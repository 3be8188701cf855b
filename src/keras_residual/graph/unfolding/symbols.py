"""The inputs that a model is traced on: of unknown sizes first, then of known ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import keras
import numpy as np

from keras_residual._keras import function_in, input_structure
from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import listed
from keras_residual.graph.functional import in_order

_WORDS, _STEPS, _PIXELS = 7, 16, 64
_BATCH = 2


@dataclass(frozen=True)
class Sizes:
    """Inputs for one way of tracing.

    Args:
        structure: Keras tensors of what the model takes, in its structure.
        others: The same with other sizes; None where all sizes are given.
        known: Whether sizes stand in the place of unknown ones.
        alone: Whether the batch is of one example, which stands for any number.
        told: Whether it is known which numbers the inputs hold.
        guessed: What was guessed, in a sentence.
    """

    structure: Any
    others: Any = None
    known: bool = False
    alone: bool = False
    told: bool = True
    guessed: str = ""

    def whole(self, names: Collection[str]) -> Sizes:
        """Returns these inputs, some of them of whole numbers.

        Args:
            names: Of those that are.
        """

        def made(one: Any) -> Any:
            if one is None:
                return None
            dtype = "int32" if one.name in names else one.dtype
            return keras.KerasTensor(one.shape, dtype, name=one.name)

        return replace(
            self,
            structure=keras.tree.map_structure(made, self.structure),
            others=keras.tree.map_structure(made, self.others),
            guessed=f"{listed([repr(name) for name in names], 3)}: taken as whole "
            "numbers (like= says otherwise)",
        )

    def symbols(self, other: bool = False) -> Any:
        """Returns new inputs.

        Args:
            other: Whether they are of the other sizes.
        """
        return keras.tree.map_structure(
            lambda one: keras.Input(
                batch_shape=one.shape, dtype=one.dtype, name=one.name
            ),
            self.others if other and self.others is not None else self.structure,
        )


def sizes_for(model: Any, like: Any) -> list[Sizes]:
    """Returns the inputs to trace a model on, in the order in which they are tried.

    Args:
        model: A layer or model.
        like: An example batch, Keras tensors, or None.

    Raises:
        ResidualError: The inputs are not known.
    """
    own = _own_inputs(model)
    like = _without_labels(own, like)
    given = None if like is None else _given(model, own, like)
    if own is None and given is None:
        raise _unknown(model)
    declared = function_of_graph(model) is not None
    free = own if declared else _freed(own, given)
    found = [Sizes(free, told=declared or given is not None)]
    if all(None not in one.shape for one in keras.tree.flatten(free)):
        return found
    full = given if given is not None else free
    inner = [one.shape[1:] for one in keras.tree.flatten(free)]
    if any(None in shape for shape in inner):
        found.append(_known(free, full, batch=None))
    if all(one.shape and one.shape[0] is None for one in keras.tree.flatten(free)):
        found.append(_known(free, full, batch=1))
    found.append(_known(free, full, batch=_BATCH))
    return found


def _without_labels(own: Any, like: Any) -> Any:
    """Returns an example without the labels beside it, where the inputs tell."""
    if own is None or not isinstance(like, tuple) or len(like) < 2:
        return like
    wanted, first = (len(keras.tree.flatten(one)) for one in (own, like[0]))
    return like[0] if first == wanted < len(keras.tree.flatten(like)) else like


def _own_inputs(model: Any) -> Any:
    """Returns the inputs that a model says it takes, with no size of the batch."""
    function = function_of_graph(model)
    if function is not None:
        return keras.tree.map_structure(_spec, input_structure(function))
    shapes = (model.get_build_config() or {}) if model.built else {}
    shapes = shapes.get("shapes_dict", shapes)
    if len(shapes) != 1:
        return None
    (shape,) = shapes.values()
    if isinstance(shape, dict):
        return {name: _of_shape(one, name) for name, one in shape.items()}
    if shape and not isinstance(shape[0], int | None):
        return [_of_shape(one, f"inputs_{k}") for k, one in enumerate(shape)]
    return _of_shape(shape, "inputs")


def _of_shape(shape: Any, name: str) -> keras.KerasTensor:
    return keras.KerasTensor((None, *shape[1:]), name=name)


def function_of_graph(model: Any) -> Any:
    """Returns the graph whose inputs a model takes; None where it has none."""
    if isinstance(model, keras.Sequential):
        return function_in(model)
    return model if isinstance(model, keras.Function) else None


def _spec(value: Any, name: str | None = None) -> keras.KerasTensor:
    name = name or getattr(value, "name", None) or "inputs"
    dtype = keras.backend.standardize_dtype(value.dtype)
    if dtype.endswith("64"):  # which a backend may not have
        made: Any = keras.ops.convert_to_tensor(np.zeros((), dtype))
        dtype = keras.backend.standardize_dtype(made.dtype)
    return keras.KerasTensor(tuple(value.shape), dtype, name=name)


def _given(model: Any, own: Any, like: Any) -> Any:
    """Returns what an example says of the inputs, in the structure of the model's."""
    function = function_of_graph(model)
    if function is None:
        if isinstance(like, dict):
            return {name: _spec(one, name) for name, one in like.items()}
        several = len(keras.tree.flatten(like)) > 1
        names = (f"inputs_{k}" if several else "inputs" for k in count())
        return keras.tree.map_structure(lambda one: _spec(one, next(names)), like)
    flat = zip(in_order(function, like), keras.tree.flatten(own), strict=True)
    return keras.tree.pack_sequence_as(own, [_spec(a, b.name) for a, b in flat])


def _freed(own: Any, given: Any) -> Any:
    """Returns inputs of any number of examples: what an example says goes first.

    Sizes that the model knows to be unknown stay so.
    """
    if given is None:
        return own
    known = keras.tree.flatten(own) if own is not None else []
    flat = keras.tree.flatten(given)
    if [len(one.shape) for one in known] != [len(one.shape) for one in flat]:
        known = flat

    def freed(one: keras.KerasTensor, known: keras.KerasTensor) -> keras.KerasTensor:
        pairs = zip(one.shape[1:], known.shape[1:], strict=True)
        shape = [None if m is None else n for n, m in pairs]
        return keras.KerasTensor((None, *shape), one.dtype, name=one.name)

    pairs = zip(flat, known, strict=True)
    return keras.tree.pack_sequence_as(given, [freed(*pair) for pair in pairs])


def _known(free: Any, full: Any, *, batch: int | None) -> Sizes:
    """Returns inputs of known sizes, and of others, in the place of unknown ones."""

    def made(one: Any, like: Any, more: int) -> keras.KerasTensor:
        usual = {2: _WORDS, 3: _STEPS}.get(len(one.shape), _PIXELS)
        step = more * (_PIXELS if len(one.shape) > 3 else -1)
        shape = [
            n if n is not None else (usual if known is None else known) + step
            for n, known in zip(one.shape[1:], like.shape[1:], strict=True)
        ]
        first = batch
        if batch == _BATCH:
            first = one.shape[0] or (like.shape[0] or batch) + more
        return keras.KerasTensor((first, *shape), one.dtype, name=one.name)

    return Sizes(
        keras.tree.map_structure(lambda a, b: made(a, b, 0), free, full),
        keras.tree.map_structure(lambda a, b: made(a, b, 1), free, full),
        known=True,
        alone=batch == 1,
    )


def _unknown(model: Any) -> ResidualError:
    kind = type(model).__name__
    return ResidualError(
        f'"{model.name}" ({kind}): its inputs are not known.',
        needed="Its call is traced on inputs of their shapes. A layer knows them once "
        "it was called on data.",
        write="kr.unfold(model, like=batch)   # one batch, as the model takes it",
    )
