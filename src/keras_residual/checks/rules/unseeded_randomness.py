"""A layer of one's own that draws random numbers without a seed generator.

## What it does
Finds layers that are not Keras's own, and `Lambda` layers, that hold no
`keras.random.SeedGenerator` and answer differently when they are called twice on the
same numbers, with the same weights. At small rates both answers can agree; then the
layer passes.

## Why is this bad?
On JAX such a layer stops training with an error. On TensorFlow and PyTorch it draws
from a generator that is not part of the model: a resumed run is another run.

## Example
```python
class DropPath(keras.layers.Layer):
    def call(self, x, training=False):
        kept = keras.random.uniform((keras.ops.shape(x)[0], 1)) >= 0.5
        return x * keras.ops.cast(kept, x.dtype) if training else x

    def compute_output_shape(self, input_shape):
        return input_shape

inputs = keras.Input((8,))
x = DropPath()(keras.layers.Dense(8)(inputs))
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
class DropPath(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator()

    def call(self, x, training=False):
        shape = (keras.ops.shape(x)[0], 1)
        kept = keras.random.uniform(shape, seed=self.seeds) >= 0.5
        return x * keras.ops.cast(kept, x.dtype) if training else x

    def compute_output_shape(self, input_shape):
        return input_shape

inputs = keras.Input((8,))
x = DropPath()(keras.layers.Dense(8)(inputs))
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## References
`keras.random.SeedGenerator`. Of Keras's own, `StochasticDepth` of its ConvNeXt draws
without one; its public builders do not use it.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_residual._keras import is_keras_own
from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.graph import Graph, Op, takes_training
from keras_residual.graph.sums import settings_of
from keras_residual.graph.untouched import untouched

MOST = 2**18  # numbers in an input


@rule("KR402")
def unseeded_randomness(subject: Subject) -> Iterator[Found]:
    """Calls each suspect twice; layers of equal settings are asked once."""
    asked: dict[Any, bool] = {}
    for op in subject.layers:
        if op.kind == "input" or not _suspect(op.layer):
            continue
        key = (type(op.layer), settings_of(op.layer) or op.index, op.shape)
        if key not in asked:
            asked[key] = _differs(subject.graph, op)
        if asked[key]:
            yield Found(
                op.path,
                f"two calls of {type(op.layer).__name__} on the same numbers differ, "
                "and it holds no seed generator",
                "hold a keras.random.SeedGenerator and pass it as seed= to each draw; "
                "for stochastic depth there is kr.drop_path",
            )


def _suspect(layer: Any) -> bool:
    if not isinstance(layer, keras.layers.Layer):
        return False
    own = is_keras_own(type(layer), "layers.")
    if own and not isinstance(layer, keras.layers.Lambda):
        return False
    return not any("seed_generator" in v.path for v in layer.variables)


def _differs(graph: Graph, op: Op) -> bool:
    """Compares two calls in training, each from the same weights."""
    variables: list[Any] = op.layer.variables  # type: ignore[attr-defined]
    before = [keras.ops.convert_to_numpy(v) for v in variables]
    given = [_numbers(graph.ops[i]) for i in dict.fromkeys(op.sources)]
    more = {"training": True} if takes_training(type(op.layer)) else {}
    answers = []
    try:
        with warnings.catch_warnings(), untouched(op.layer):
            warnings.simplefilter("ignore")  # nobody asked for this call
            for _ in range(2):
                answer = graph.call(op, given, **more)
                answers.append(
                    keras.ops.convert_to_numpy(keras.tree.flatten(answer)[0])
                )
                for variable, value in zip(variables, before, strict=True):
                    variable.assign(value)
    except Exception:  # foreign code: what it does is not known
        return False
    return not np.array_equal(*answers, equal_nan=answers[0].dtype.kind == "f")


def _numbers(op: Op) -> Any:
    sizes = [3 if n is None else n for n in op.shape[1:]]
    batch = max(2, min(64, MOST // max(1, int(np.prod(sizes)))))
    drawn = np.random.default_rng(0).random((batch, *sizes), "float32")
    return keras.ops.cast(keras.ops.convert_to_tensor(drawn), op.dtype)
