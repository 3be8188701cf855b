"""Block: a recipe where Keras wants a layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.compose import graph
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, as_part


@keras.saving.register_keras_serializable(package="keras_residual")
class Block(keras.layers.Layer):
    """A layer that unfolds a block when it is built; `kr.layer` makes it.

    What stands inside is one functional model of plain layers, `inner`. A file holds
    that model, so it needs our package to load, but not the code of the recipe.

    Args:
        block: The part: a recipe such as `kr.blocks.basic(8)`, a list, a layer, a word.
        inner: The functional model, where it was unfolded before.
        **kwargs: Arguments of `keras.layers.Layer`. The name is the block's by default.

    Input shape:
        One tensor that the block takes.

    Output shape:
        That of the block.

    Raises:
        KindError: `block` is no part.
        ResidualError: The block does not fit what it is called on.

    Examples:
        >>> layer = kr.layers.Block(kr.blocks.basic(8, stride=2), name="block1")
        >>> layer(keras.ops.ones((1, 32, 32, 3))).shape[1:] == (16, 16, 8)
        True
        >>> [inside.name for inside in layer.inner.layers][1:3]
        ['block1_branch_pad1', 'block1_branch_conv1']
    """

    def __init__(
        self, block: Any = None, *, inner: keras.Model | None = None, **kwargs: Any
    ) -> None:
        part = as_part(block)
        super().__init__(**{"name": getattr(part, "name", None), **kwargs})
        self.block, self.inner = part, inner
        self._entry: tuple[Any, Any] = (None, None)  # dtype and mask of what comes in

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if not self.built:  # `build` is told nothing but the shape
            mask = kwargs.get("mask")
            mask = graph.mask(inputs) if mask is None else mask
            self._entry = (getattr(inputs, "dtype", None), mask)
        return super().__call__(inputs, *args, **kwargs)

    def build(self, input_shape: Any) -> None:
        self.inner = self._unfolded(input_shape)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        # Not the model itself: it would refuse other sizes than those it was built for.
        return self._graph.call(inputs, training=training, mask=mask)

    def unfold(self, x: Tensor) -> Tensor:
        """Adds the block's layers to the graph of `x`: the same layers and weights.

        Args:
            x: Symbolic tensor.

        Returns:
            The output tensor. A model that ends in it has plain layers only, and
            opens with Keras alone.

        Examples:
            >>> layer = kr.layer(kr.blocks.basic(8), name="block1")
            >>> x = keras.Input((4, 4, 8))
            >>> plain = keras.Model(x, layer.unfold(x))
            >>> plain.layers[1].name
            'block1_branch_conv1'
        """
        graph.root(x)  # refuses what is not symbolic
        self(x)
        return self._graph.call(x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        entry = keras.KerasTensor(input_shape, dtype=self.compute_dtype)
        return self.compute_output_spec(entry).shape

    def compute_output_spec(self, inputs: Any, **_: Any) -> keras.KerasTensor:
        return graph.spec_behind(self._unfolded(inputs.shape), inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        del inputs
        return graph.mask_behind(self._graph, previous_mask)

    def get_config(self) -> dict[str, Any]:
        if self.inner is None:
            raise ResidualError(
                f'Layer "{self.name}" holds the recipe {self.block!r}, still folded.',
                needed="A configuration holds its layers, which depend on what comes "
                "in.",
                write="keras.Input(shape) before it, or call the layer first",
            )
        inner = keras.saving.serialize_keras_object(self.inner)
        return {**super().get_config(), "inner": inner}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Block:
        inner = keras.saving.deserialize_keras_object(config["inner"])
        return cls(**{**config, "inner": inner})

    def around(self, inner: keras.Model) -> Block:
        """Returns a layer with the same settings around another model."""
        return type(self)(**{**super().get_config(), "inner": inner})

    @property
    def _graph(self) -> Any:
        return self.inner

    def _unfolded(self, shape: Any) -> keras.Model:
        """Returns the model inside; a new one for this shape, if there is none yet."""
        if self.inner is not None:
            return self.inner
        if isinstance(shape[0], list | tuple):
            raise KindError(
                f'Layer "{self.name}" was called on {len(shape)} tensors.',
                needed="A block takes one.",
                write="keras.layers.Concatenate() before it",
            )
        (dtype, mask), name = self._entry, f"{self.name}_input"
        with _policy(self.dtype_policy):
            entry = graph.entry(shape[1:], dtype or self.compute_dtype, mask, name)
            y = self.block.unfold(entry, Scope(self.name))
            return keras.Model(entry, y, name=self.name)


def layer(block: Any, **kwargs: Any) -> Block:
    """Makes a layer of a block, for where Keras wants a layer.

    That is in `Sequential`, in `TimeDistributed`, and in a layer or model of your own,
    whose `call` has no graph to unfold a block into. In the Functional API call the
    block itself: its layers then stand in the model, which opens with Keras alone.

    Args:
        block: The part: a recipe such as `kr.blocks.basic(8)`, a list, a layer, a word.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name` and `dtype`.

    Returns:
        The layer, a `kr.layers.Block`; its `unfold(x)` gives plain layers.

    Examples:
        >>> model = keras.Sequential([
        ...     keras.Input((32, 32, 3)), kr.layer(kr.blocks.basic(8)),
        ...     keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)])
        >>> model.output_shape
        (None, 10)
    """
    return Block(block, **kwargs)


@contextmanager
def _policy(policy: Any) -> Iterator[None]:
    """Lets layers that are made take this dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
