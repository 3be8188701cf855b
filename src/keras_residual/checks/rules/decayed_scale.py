"""Weight decay pulls norms and scales towards zero.

## What it does
In a compiled model whose optimiser has `weight_decay`, finds the scales and shifts of
norms and the factors of LayerScale, ReZero and their kin that it decays. Biases are
counted beside them.

## Why is this bad?
A scale at zero is a branch that is switched off, and decay pulls it there whatever the
loss says. The refined recipes decay kernels alone.

## Example
```python
inputs = keras.Input((8,))
x = keras.layers.BatchNormalization()(inputs)
x = keras.layers.Dense(8)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
model.compile(keras.optimizers.AdamW(weight_decay=0.01), "mse")
```

## Use instead
```python
inputs = keras.Input((8,))
x = keras.layers.BatchNormalization()(inputs)
x = keras.layers.Dense(8)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
optimizer = keras.optimizers.AdamW(weight_decay=0.01)
flat = [v for v in model.trainable_variables if len(v.shape) < 2]
optimizer.exclude_from_weight_decay(var_list=flat)
model.compile(optimizer, "mse")
```

## References
Jia et al., Highly Scalable Deep Learning Training System with Mixed-Precision, 2018,
https://arxiv.org/abs/1807.11205. He et al., Bag of Tricks for Image
Classification with Convolutional Neural Networks, 2018, section 3.1.
"""

from collections.abc import Iterator
from typing import Any

from keras_residual._keras import decays
from keras_residual.checks.rule import NAMED, Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.common.wording import listed


@rule("KR306")
def decayed_scale(subject: Subject) -> Iterator[Found]:
    """Asks the optimiser about each weight of norms and scales, and each bias."""
    optimizer = getattr(subject.model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    decay = getattr(optimizer, "weight_decay", None)
    if not decay:
        return
    layers = [(op.kind, op.layer) for op in subject.layers]
    scales = _decayed(optimizer, [la for k, la in layers if k in ("norm", "scale")])
    biases = [
        w
        for w in _decayed(optimizer, [la for k, la in layers if k in ("conv", "dense")])
        if w.name == "bias"
    ]
    if scales:
        beside = f", and biases: {len(biases)}" if biases else ""
        yield Found(
            "",
            f"{type(optimizer).__name__} decays {len(scales)} weights of norms and "
            f"scales by {decay:g}: {listed([w.path for w in scales], NAMED)}{beside}",
            "before the first step write optimizer.exclude_from_weight_decay(var_list="
            "[v for v in model.trainable_variables if len(v.shape) < 2])",
        )


def _decayed(optimizer: Any, layers: list[Any]) -> list[Any]:
    """Returns the trainable weights of these layers that the optimiser decays.

    Keras has no public way to ask; an optimiser of another make may lack this one.
    """
    weights = [w for la in layers for w in getattr(la, "trainable_weights", ())]
    return [weight for weight in weights if decays(optimizer, weight)]
