"""A momentum so near 1 that the moving statistics do not arrive within the run.

## What it does
Given the number of training steps, finds batch normalisation whose moving statistics
still hold more than 5 % of their initial values (mean 0, variance 1) at the end of the
run: `momentum ** steps > 0.05`. The bound is ours: for momentum 0.99 it asks for 299
steps, for 0.9 for 29. Frozen layers are left out.

## Why is this bad?
Training normalises with the batch, inference with the moving statistics. Until these
have arrived the model is good in training and bad in evaluation. Keras's default of
0.99 is ten times slower than PyTorch's, which is 0.9 in Keras's terms.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
x = keras.layers.BatchNormalization()(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
steps = 100
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
x = keras.layers.BatchNormalization(momentum=0.9)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
steps = 100
```

## References
Ioffe & Szegedy, Batch Normalization, 2015, section 3.1. `momentum` of
`keras.layers.BatchNormalization` and of `torch.nn.BatchNorm2d`.
"""

import math
from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule, summarize
from keras_residual.checks.subject import Subject, by_momentum

LEFT = 0.05  # of the initial values


@rule("KR302")
def slow_momentum(subject: Subject) -> Iterator[Found]:
    """Compares each momentum with the number of steps, where it is given."""
    steps = subject.steps
    if not steps:
        return
    bound = math.floor(1000 * LEFT ** (1 / steps)) / 1000
    for momentum, ops in by_momentum(subject).items():
        left = momentum**steps
        if left > LEFT:
            yield Found(
                ops[0].path,
                f"with momentum={momentum:g} the moving statistics of "
                f"{summarize(ops)} are still {left:.0%} initial values after "
                f"{steps} steps",
                f"write momentum={min(0.9, bound):g}, or train for "
                f"{math.ceil(math.log(LEFT) / math.log(momentum))} steps"
                if momentum < 1
                else "write momentum=0.9; 1 never moves",
            )
