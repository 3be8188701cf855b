"""A momentum below 0.5: PyTorch's 0.1 stands where Keras means 0.9.

## What it does
Finds batch normalisation whose momentum is below 0.5. Frozen layers are left out.

## Why is this bad?
The two frameworks count momentum from opposite ends. In PyTorch 0.1 is the share of the
new batch; in Keras momentum is the share of the old value, so PyTorch's default of 0.1
is written 0.9. With 0.1 the moving statistics are nine tenths the last batch: what
the model answers in inference depends on which batch came last.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
x = keras.layers.BatchNormalization(momentum=0.1)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
x = keras.layers.BatchNormalization(momentum=0.9)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## References
Ioffe & Szegedy, Batch Normalization, 2015, section 3.1. `momentum` of
`keras.layers.BatchNormalization` and of `torch.nn.BatchNorm2d`.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule, summarize
from keras_residual.checks.subject import Subject, by_momentum


@rule("KR301")
def foreign_momentum(subject: Subject) -> Iterator[Found]:
    """Looks at the momentum of each batch normalisation, grouped by its value."""
    for momentum, ops in by_momentum(subject).items():
        if momentum < 0.5:
            yield Found(
                ops[0].path,
                f"with momentum={momentum:g} each step replaces {1 - momentum:.0%} of "
                f"the moving statistics of {summarize(ops)} by those of its batch",
                f"write momentum={1 - momentum if momentum else 0.9:g}",
            )
