"""A `Lambda` layer whose function cannot be loaded again.

## What it does
Finds `Lambda` layers that Keras, as it opens files by default, cannot make again from
their settings: those around a Python lambda, and those around a function that is not
registered. It tries it.

## Why is this bad?
A lambda is stored as Python bytecode, so opening the file runs what is in it, and
`load_model` refuses. Of any other function only the name is stored. In both cases the
trained model cannot be opened in the default settings.

## Example
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8)(inputs)
x = keras.layers.Lambda(lambda change: 0.1 * change)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8)(inputs)
x = keras.layers.Rescaling(0.1)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## References
`safe_mode` of `keras.saving.load_model`.
"""

from collections.abc import Iterator

import keras

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject


@rule("KR501")
def lambda_layer(subject: Subject) -> Iterator[Found]:
    """Tries to make each Lambda layer again from its settings."""
    for op in subject.layers:
        if isinstance(op.layer, keras.layers.Lambda) and not _loads(op.layer):
            name = getattr(op.layer.function, "__name__", "function")
            yield Found(
                op.path,
                "load_model refuses this Lambda: it holds a Python lambda"
                if name == "<lambda>"
                else f'load_model cannot find the function "{name}" of this Lambda',
                "use a layer of Keras, such as Rescaling, Reshape or Activation, or "
                "write a class with @keras.saving.register_keras_serializable()",
            )


def _loads(layer: keras.layers.Lambda) -> bool:
    try:
        keras.layers.Lambda.from_config(layer.get_config(), safe_mode=True)
    except Exception:  # whatever it is, load_model meets it too
        return False
    return True
