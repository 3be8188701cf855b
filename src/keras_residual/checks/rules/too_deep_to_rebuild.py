"""One flat model chains more operations than Keras can rebuild.

## What it does
Finds models, nested ones each for itself, in which Keras has to recurse through more
than 900 operations. It walks from the outputs back through the first input of each
operation, as Keras does. Python stops at 1000 calls, some of which the caller needs.

## Why is this bad?
`keras.Model(inputs, outputs)` calls itself once for each operation in a row, and so do
`load_model`, `from_config` and `clone_model`. Beyond Python's limit they end in a
`RecursionError`, and a model that was built with a raised limit cannot be opened where
the limit is not raised.

## Example
```python
inputs = x = keras.Input((2,))
for _ in range(910):
    x = keras.layers.Identity()(x)
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = x = keras.Input((2,))
for _ in range(2):
    first = y = keras.Input((2,))
    for _ in range(455):
        y = keras.layers.Identity()(y)
    x = keras.Model(first, y)(x)
model = keras.Model(inputs, x)
```

## References
`keras.Model`; `sys.getrecursionlimit`.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject

LIMIT = 1000  # Python's default, not the present one: files are opened elsewhere
MOST = LIMIT - 100  # for the calls around it


@rule("KR404")
def too_deep_to_rebuild(subject: Subject) -> Iterator[Found]:
    """Looks at how deep Keras recurses in each of the nested models."""
    for path, depth in subject.graph.recursion.items():
        if depth > MOST:
            yield Found(
                path,
                f"Keras calls itself {depth} times in a row to rebuild this model, and "
                f"Python allows {LIMIT} calls",
                "nest the blocks: kr.nest(block), or keras.Model around each stage",
            )
