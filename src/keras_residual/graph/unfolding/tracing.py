"""Traces layers that hide their operations: each becomes a nested model of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import keras

from keras_residual._keras import (
    forget_last_call,
    history_of,
    mask_on,
    put_history,
    put_mask,
    record,
    twin_of,
)
from keras_residual.compose.layers.held import Constant, SetMask, Weight
from keras_residual.graph.unfolding.batch import Batch
from keras_residual.graph.unfolding.calling import called
from keras_residual.graph.unfolding.frame import Frame, Opening, symbols
from keras_residual.graph.unfolding.nesting import (
    ClosedError,
    Nested,
    nested_of,
    packing,
    skeleton,
    with_all_weights,
)
from keras_residual.graph.unfolding.symbolic import Specs, WeightTensor, any_weights


class Tracer:
    """Calls a model on symbols, and keeps what the layers inside do.

    Args:
        opens: Says of a layer and its path whether it is to be opened.
        scope: The scope in which the calls run, and which takes what they write.
        specs: What is known of what layers return, from other traces too.
        alone: Whether a batch of one stands for a batch of any size.
        losing: The paths of layers that add a loss in training alone.
    """

    def __init__(
        self,
        opens: Callable[[Any, str], bool],
        scope: keras.StatelessScope,
        specs: Specs,
        *,
        alone: bool = False,
        losing: Collection[str] = (),
    ) -> None:
        self.opened: dict[str, Any] = {}  # the `Nested` of each
        self.failed: dict[str, Exception] = {}
        self._opens, self._scope, self._specs = opens, scope, specs
        self._batch, self._losing = Batch(alone), losing
        self._frames: list[Frame] = []
        self._opening: Opening | None = None
        self._twins: dict[tuple[int, str], Any] = {}
        self._known: dict[Any, Nested] = {}
        self._in_leaf = False
        self._packed: Callable[[list[Any]], Any] | None = None

    def trace(self, model: Any, inputs: Any, *, training: bool) -> Nested:
        """Calls a model on symbols; returns the model of all that is done.

        Args:
            model: The model, which is watched.
            inputs: What it takes: inputs of a graph.
            training: Whether it is told to train.
        """
        root = self._frame(model, "")
        for one in keras.tree.flatten(inputs):
            root.inputs[id(one)] = one
            root.names.add(one.name)
        self._frames = [root]
        opening = self._opening = Opening(model, model.name, "")
        type(model).watches.__call__(model, inputs, training=training)
        forget_last_call(model)
        outputs = opening.packed(self._settled(opening))
        nested = nested_of(root, outputs, self._batch, name=model.name, inputs=inputs)
        return with_all_weights(nested, root)

    # What watched layers and operations ask.

    @property
    def idle(self) -> bool:
        """Whether what happens now is not to be traced."""
        return self._in_leaf or not self._frames

    def call(self, layer: Any, native: Callable, args: Any, kwargs: Any) -> Any:
        """Stands in the place of `layer.__call__`."""
        if not symbols((args, kwargs)):
            numbers = any(map(keras.ops.is_tensor, keras.tree.flatten((args, kwargs))))
            if not numbers or not getattr(layer, "variables", None):
                return native(*args, **kwargs)
            args, kwargs = self._lifted((args, kwargs))
        frame = self._frames[-1]
        name = frame.name_of(layer)
        count = frame.calls[name]
        frame.calls[name] += 1
        path = frame.path + name + (f":{count}" if count else "")
        if self._opens(layer, path):
            try:
                return self._open(Opening(layer, name, path), native, args, kwargs)
            except Exception as reason:  # foreign code: whatever it raises
                self.failed[path] = reason
        return self._leaf(layer, native, args, kwargs)

    def symbolic_call(
        self, layer: Any, native: Callable, args: Any, kwargs: Any
    ) -> Any:
        """Stands in the place of `layer.symbolic_call`."""
        opening = self._opening
        if self._in_leaf or opening is None or opening.layer is not layer:
            return self._filled(self._specs.of(layer, native, args, kwargs))
        self._opening = None
        if not opening.path:
            out = self._lifted(called(self._frames[-1], args, kwargs))
            opening.packed = packing(out)
            return self._handed_out(opening, symbols(out))
        nested, given = self._traced(opening, args, kwargs)
        opening.packed, self.opened[opening.path] = nested.packed, nested
        model = self._frames[-1].keeps(nested.model)
        out = model([given[k] for k in nested.used])
        return self._handed_out(opening, keras.tree.flatten(out))

    def add_loss(self, layer: Any, native: Callable, args: Any, kwargs: Any) -> None:
        """Stands in the place of `layer.add_loss`."""
        losses = keras.tree.flatten(self._lifted(args))
        if not all(isinstance(one, keras.KerasTensor) for one in losses):
            native(*args, **kwargs)  # which says why
        self._frames[-1].losses += losses

    def drawn(self) -> None:
        """Stands before random numbers of a fixed seed: an array, as a constant is."""
        if not self.idle:
            raise ClosedError("its call draws random numbers with a fixed seed")

    def attribute(self, value: Any) -> Any:
        """Returns what a traced call finds in an attribute: symbols for weights."""
        if isinstance(value, keras.Variable):
            return self._weight(value)
        if isinstance(value, list | tuple) and any_weights(value):
            return [self.attribute(one) for one in value]
        if isinstance(value, dict) and any_weights(value.values()):
            return {key: self.attribute(one) for key, one in value.items()}
        return value

    # A layer that stays as it is, and what stands for it.

    def _filled(self, out: Any) -> Any:
        """Returns the tensors of what a layer returns; nothing may stand before one."""
        flat = keras.tree.flatten(out)
        tensors = symbols(out)
        if not tensors or len(flat) == len(tensors):
            return out
        if flat[: len(tensors)] != tensors or {*flat[len(tensors) :]} != {None}:
            raise ClosedError("a layer in it returns something else than tensors")
        self._packed = packing(out)
        return tensors

    def _leaf(self, layer: Any, native: Callable, args: Any, kwargs: Any) -> Any:
        self._in_leaf, self._packed = True, None
        try:
            out = native(*args, **kwargs)
        finally:
            self._in_leaf = False
        forget_last_call(layer)
        twin = self._twin(
            layer,
            self._frames[-1].name_of(layer),
            lambda layer, name: twin_of(layer, type(layer).watches, name),
        )
        if kwargs.get("training") and any(one.learns for one in self._frames):
            kwargs = {**kwargs, "training": False}  # as all else that is recorded
        record(self._frames[-1].keeps(twin), args, kwargs, out)
        return out if self._packed is None else self._packed(keras.tree.flatten(out))

    def _twin(self, owned: Any, name: str, make: Callable[[Any, str], Any]) -> Any:
        key = (id(owned), name)
        if key not in self._twins:
            self._twins[key] = make(owned, name)
        return self._twins[key]

    def _weight(self, variable: keras.Variable) -> Any:
        frame = self._frames[-1]
        if id(variable) not in frame.weights:
            policy = frame.layer.dtype_policy
            holder = self._twin(
                variable,
                frame.name_of(variable),
                lambda variable, name: Weight(variable, name=name, dtype=policy),
            )
            symbol = frame.weights[id(variable)] = frame.keeps(holder)(frame.anchor)
            symbol.__class__ = WeightTensor
        return frame.weights[id(variable)]

    def _lifted(self, given: Any) -> Any:
        """Returns a structure with constants of the graph in the place of tensors."""
        frame = self._frames[-1]

        def lift(value: Any) -> Any:
            if isinstance(value, keras.KerasTensor) or not keras.ops.is_tensor(value):
                return value
            value = keras.ops.convert_to_numpy(value)
            layer = Constant(value, name=frame.unique("constant"))
            return frame.keeps(layer)(frame.anchor)

        return keras.tree.map_structure(lift, given)

    # A layer that is opened.

    def _frame(self, layer: Any, path: str) -> Frame:
        learns = path in self._losing
        return Frame(layer, path and f"{path}/", learns=learns)

    def _open(self, opening: Opening, native: Callable, args: Any, kwargs: Any) -> Any:
        if getattr(opening.layer, "activity_regularizer", None) is not None:
            raise ClosedError("its output is regularised")
        written = dict(self._scope.state_mapping)
        self._opening = opening
        self.opened[opening.path] = None  # the outer one stands before the inner
        try:
            native(*args, **kwargs)
        except BaseException:
            self._scope.state_mapping.clear()
            self._scope.state_mapping.update(written)
            self._forget(opening.path)
            raise
        finally:
            self._opening = None
        forget_last_call(opening.layer)
        return opening.packed(self._settled(opening))

    def _forget(self, path: str) -> None:
        """Forgets a layer that stays closed after all, and what was opened inside."""
        for known in (self.opened, self.failed):
            for one in [*known]:
                if one == path or one.startswith(f"{path}/"):
                    del known[one]

    def _traced(self, opening: Opening, args: Any, kwargs: Any) -> tuple[Nested, Any]:
        """Runs a layer's `call` on symbols of its own; returns what was done."""
        frame = self._frame(opening.layer, opening.path)
        given = frame.enter(args, kwargs)
        places = {id(one): (k, one.shape, one.dtype) for k, one in enumerate(given)}
        shared = self._batch.shares(given)
        self._batch.share(frame.inputs.values(), shared)
        called_on = skeleton((args, kwargs), places)
        key = (id(opening.layer), called_on, tuple(places.values()), shared)
        if key in self._known:
            return self._known[key], given
        args, kwargs = frame.inner((args, kwargs))
        written = dict(self._scope.state_mapping)
        self._frames.append(frame)
        try:
            out = self._lifted(called(frame, args, kwargs))
            now = self._scope.state_mapping
            if any(written.get(k) is not v for k, v in now.items()):
                raise ClosedError("its call draws random numbers, or writes its state")
            name = self._free_name(opening)
            nested = nested_of(frame, out, self._batch, name=name)
            self._known[key] = nested
        finally:
            self._frames.pop()
        return nested, given

    def _free_name(self, opening: Opening) -> str:
        """Returns the layer's name, or another where it is opened a second way."""
        outer = self._frames[-2]
        if any(one.layer is opening.layer for one in self._known.values()):
            return outer.unique(opening.name)
        return opening.name

    def _handed_out(self, opening: Opening, flat: list[Any]) -> Any:
        """Notes how tensors were made and masked, before Keras writes over both."""
        opening.outputs = flat
        opening.meant = [(history_of(one), mask_on(one)) for one in flat]
        for one in flat:
            put_mask(one, None)
        return flat[0] if len(flat) == 1 else flat

    def _settled(self, opening: Opening) -> list[Any]:
        """Returns the outputs, with the masks that the layer gives them."""
        pairs = zip(opening.outputs, opening.meant, strict=True)
        return [self._as_meant(tensor, *meant) for tensor, meant in pairs]

    def _as_meant(self, tensor: Any, history: Any, carried: Any) -> Any:
        wanted = mask_on(tensor)
        put_history(tensor, history)
        put_mask(tensor, carried)
        if wanted is carried:
            return tensor
        frame = self._frames[-1]
        layer = frame.keeps(SetMask(name=frame.unique("set_mask")))
        masked = layer(tensor if wanted is None else [tensor, wanted])
        put_mask(masked, wanted)
        return masked
