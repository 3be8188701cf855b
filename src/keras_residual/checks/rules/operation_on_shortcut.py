"""A shortcut that would be the identity, but for one operation on it.

## What it does
Finds sums whose shortcut has no weights and keeps its shape, but passes an activation,
a norm, a dropout or a scale. Quiet are a scale where a norm follows the sum, as in
DeepNorm, and gates that weigh both paths, as in highway networks.

## Why is this bad?
What acts on every shortcut acts on the stream once a unit: a factor of 0.5 over twenty
units leaves a millionth, a dropout loses the signal rather than a change to it. He et
al. trained 110 layers with scales, gates and dropout on the shortcuts: all were worse
than the identity, and with dropout the training failed.

## Example
```python
inputs = keras.Input((16,))
x = keras.layers.Dense(16)(inputs)
model = keras.Model(inputs, keras.layers.Add()([keras.layers.Dropout(0.5)(inputs), x]))
```

## Use instead
```python
inputs = keras.Input((16,))
x = keras.layers.Dense(16)(inputs)
model = keras.Model(inputs, keras.layers.Add()([inputs, keras.layers.Dropout(0.5)(x)]))
```

Published designs that do it on purpose, such as the norm on the shortcut of RepVGG, can
be marked as intended.

## References
He et al., Identity Mappings in Deep Residual Networks, 2016, section 3 (table 1). Wang
et al., DeepNet: Scaling Transformers to 1,000 Layers, 2022, for DeepNorm.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learned_sums
from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit

_WORDS = {
    "activated": ("act", "an activation", "put it into the branch, or after the sum"),
    "normalised": ("norm", "a norm", "put it at the start of the branch"),
    "dropped": ("dropout", "a dropout", "put it at the end of the branch"),
    "scaled": ("scale", "a scale", "put it at the end of the branch: kr.scale"),
}


@rule("KR102")
def operation_on_shortcut(subject: Subject) -> Iterator[Found]:
    """Looks at the shortcuts without weights that keep their shape."""
    for unit in learned_sums(subject):
        if unit.kind not in _WORDS or unit.entry.shape != unit.merge.shape:
            continue
        if unit.merge.kind == "write":
            continue  # a published connection, which scales as it is written
        kind, word, instead = _WORDS[unit.kind]
        op = next(op for op in unit.shortcut or () if op.kind == kind)
        if not _harmless(unit) and getattr(op.layer, "rate", None) != 0:
            yield Found(
                unit.path,
                f'the shortcut passes "{op.path}", {word}, so the stream is not '
                "carried unchanged",
                instead,
            )


def _harmless(unit: Unit) -> bool:
    """Says whether a norm makes up for the scale."""
    after = unit.after[0].kind if unit.after else ""
    return unit.kind == "scaled" and after == "norm"
