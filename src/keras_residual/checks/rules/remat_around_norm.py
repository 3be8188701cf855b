"""Rematerialisation around batch normalisation or dropout.

## What it does
Finds batch normalisation and dropout that were made under `keras.RematScope` so that
their call is recomputed in the backward pass, and nested models that hold them and are
recomputed as a whole.

## Why is this bad?
What is computed twice must be the same twice. In Keras 3.15.1 on PyTorch the moving
statistics move twice a step, and dropout draws another mask in the backward pass, so
the gradient is that of another network. On JAX the layers see `training` as a traced
value and training stops with an error; on TensorFlow `fit` stops for any recomputed
layer.

## Example
```python
inputs = keras.Input((8,))
with keras.RematScope(mode="full"):
    x = keras.layers.Dense(8)(inputs)
    x = keras.layers.Dropout(0.1)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((8,))
with keras.RematScope(mode="full"):
    x = keras.layers.Dense(8)(inputs)
x = keras.layers.Dropout(0.1)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## References
`keras.RematScope`. Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016,
https://arxiv.org/abs/1604.06174.
"""

from collections.abc import Iterator
from typing import Any

import keras

from keras_residual._keras import input_structure
from keras_residual.checks.rule import Found, rule, summarize
from keras_residual.checks.subject import Subject, keeps_statistics
from keras_residual.graph.functional import function_of, inner_graph
from keras_residual.graph.graph import Op

_HELP = "make it outside of the RematScope; recompute convolutions and dense layers"


@rule("KR403", "error")
def remat_around_norm(subject: Subject) -> Iterator[Found]:
    """Asks each layer, and each nested model, what it would make of its call."""
    unsafe = [op for op in subject.layers if _differs_when_repeated(op)]
    if not unsafe:
        return
    for op in unsafe:
        given = [_like(subject.graph.ops[i]) for i in op.sources]
        if _recomputes(op.layer, given):
            again = "moves its statistics" if keeps_statistics(op) else "draws a mask"
            yield Found(
                op.path,
                f'"{op.path}" is recomputed in the backward pass and {again} again',
                _HELP,
            )
    for path, model in _models(subject.model):
        inside = [op for op in unsafe if op.path.startswith(path)]
        if inside and _recomputes(model, [input_structure(function_of(model))]):
            yield Found(
                path.rstrip("/"),
                "the model is recomputed in the backward pass with "
                f"{summarize(inside)}",
                _HELP.replace("it", "the model", 1),
            )


def _differs_when_repeated(op: Op) -> bool:
    dropout = op.kind == "dropout" and getattr(op.layer, "rate", 0) != 0
    return dropout or keeps_statistics(op)


def _like(op: Op) -> keras.KerasTensor:
    return keras.KerasTensor(op.shape, dtype=op.dtype)


def _recomputes(layer: Any, given: list[Any]) -> bool:
    call, made = layer.call, getattr(layer, "rematerialized_call", None)
    return made is not None and made(call, *given) != call


def _models(model: Any) -> Iterator[tuple[str, Any]]:
    """Yields what has a graph, from the outside in, with where its paths begin."""
    todo = [("", model)]
    while todo:
        path, outer = todo.pop(0)
        yield path, outer
        todo += [
            (f"{path}{layer.name}/", layer)
            for layer in getattr(inner_graph(outer), "layers", ())
            if inner_graph(layer) is not None
        ]
