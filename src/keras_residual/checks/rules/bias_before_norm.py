"""A bias right before a norm that takes it away again.

## What it does
Finds convolutions and dense layers with a bias whose output is read by a batch
normalisation alone, or by a group normalisation with one channel a group. Layer and
root-mean-square norms mix the channels and do not cancel a bias; they are left out, and
so are frozen norms.

## Why is this bad?
The norm subtracts each channel's mean, and the bias with it. The bias costs memory and
has no gradient; the norm has a shift of its own.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same")(inputs)
x = keras.layers.BatchNormalization()(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
x = keras.layers.BatchNormalization()(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

The released weights of `keras.applications.ResNet50` have such biases, so there they
are intended.

## Fix safety
The moving mean minus the bias, without the bias, is the same function in inference and
in training.

## References
Ioffe & Szegedy, Batch Normalization, 2015, section 3.2.
"""

from collections.abc import Iterator

import keras

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject, keeps_statistics
from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import fused_activation


@rule("KR303", "note", fixable=True)
def bias_before_norm(subject: Subject) -> Iterator[Found]:
    """Looks at who reads each biased convolution or dense layer."""
    calls: dict[int, list[Op]] = {}
    for op in subject.graph.ops:
        if _adds_bias(op):
            calls.setdefault(id(op.layer), []).append(op)
    for same in calls.values():
        norms = [_only_reader(subject, op) for op in same]
        if all(
            norm is not None and _cancels(norm, op)
            for op, norm in zip(same, norms, strict=True)
        ):
            (first, *_), (norm, *_) = same, norms
            yield Found(
                first.path,
                f'the {first.shape[_axis(first)]} biases of "{first.path}" are '
                f'subtracted again by "{norm.path if norm else ""}"',
                "write use_bias=False",
            )


def _adds_bias(op: Op) -> bool:
    """Wrappers and `EinsumDense`, whose bias can have any axes, are left out."""
    known = op.kind == "conv" or isinstance(op.layer, keras.layers.Dense)
    bias = getattr(op.layer, "bias", None)
    return known and bias is not None and not fused_activation(op.layer)


def _only_reader(subject: Subject, op: Op) -> Op | None:
    while op.index not in subject.graph.outputs:
        users = subject.users(op)
        if len(users) != 1:
            return None
        (op,) = users
        if op.kind != "identity":
            return op
    return None


def _axis(op: Op) -> int:
    """Returns the axis of the biases of a convolution or dense layer."""
    first = getattr(op.layer, "data_format", None) == "channels_first"
    return 1 if first else len(op.shape) - 1


def _cancels(norm: Op, op: Op) -> bool:
    axis, layer = getattr(norm.layer, "axis", None), norm.layer
    if not isinstance(axis, int) or not getattr(layer, "trainable", False):
        return False
    if axis % len(norm.shape) != _axis(op):
        return False
    if isinstance(layer, keras.layers.GroupNormalization):
        return layer.groups in (-1, norm.shape[axis])
    return keeps_statistics(norm)
