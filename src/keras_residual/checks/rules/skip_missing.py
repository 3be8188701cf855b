"""One of several equal blocks whose input is not added to its output.

## What it does
Takes branches that two or more identity sums have in common, layer by layer and shape
by shape, and looks for the same layers standing in the stream beside such a unit
without a sum. Branches with fewer than two layers with weights are left out.

## Why is this bad?
At this block the stream ends: gradients pass its layers, and whatever came before is
carried no further. Nothing fails, for all shapes fit.

## Example
```python
inputs = x = keras.Input((8,))
for k in range(3):
    y = keras.layers.Dense(16, activation="relu")(x)
    y = keras.layers.Dense(8)(y)
    x = y if k == 1 else keras.layers.Add()([x, y])
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = x = keras.Input((8,))
for k in range(3):
    y = keras.layers.Dense(16, activation="relu")(x)
    y = keras.layers.Dense(8)(y)
    x = keras.layers.Add()([x, y])
model = keras.Model(inputs, x)
```

## References
He et al., Deep Residual Learning for Image Recognition, 2015, section 3.2.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learned_sums
from keras_residual.checks.subject import Subject
from keras_residual.graph.activations import activation_name
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import WEIGHTED
from keras_residual.graph.windows import settings

Form = tuple[Any, ...]


class KnownBranch(NamedTuple):
    """A branch that an identity sum has.

    Args:
        unit: The unit.
        form: What its layers are, and how they read each other.
    """

    unit: Unit
    form: Form


@rule("KR104")
def skip_missing(subject: Subject) -> Iterator[Found]:
    """Looks for the forms of common branches where no sum is."""
    blocks = list(_blocks(subject))
    common = Counter(block.form for block in blocks)
    repeated = [block for block in blocks if common[block.form] > 1]
    forms: dict[Any, set[Form]] = {}
    for block in repeated:
        forms.setdefault(block.form[0], set()).add(block.form)
    taken = {block.unit.branches[0][0].index for block in blocks}
    for op in subject.graph.ops:
        for form in forms.get(_look(op), ()) if op.index not in taken else ():
            window = subject.graph.ops[op.index : op.index + len(form) // 2]
            if _form(window) != form:
                continue
            beside = [b.unit for b in repeated if b.form == form]
            if _in_stream(subject, window, beside):
                yield Found(
                    window[-1].path,
                    f'"{window[0].path}" to "{window[-1].path}" are the layers of '
                    f'{common[form]} branches such as that of "{beside[0].path}", but '
                    "their input is not added",
                    "add the input to the output: keras.layers.Add()([x, y])",
                )


def _blocks(subject: Subject) -> Iterator[KnownBranch]:
    for unit in learned_sums(subject):
        if unit.kind != "identity" or len(unit.branches) != 1:
            continue
        branch = unit.branches[0]
        row = branch[-1].index - branch[0].index == len(branch) - 1
        if row and sum(op.kind in WEIGHTED for op in branch) > 1:
            form = _form(branch)
            if form is not None and unit.entry.shape == unit.merge.shape:
                yield KnownBranch(unit, form)


def _form(ops: Sequence[Op]) -> Form | None:
    """Writes down a row of operations that begins at one point; None if it does not."""
    first, entry = ops[0].index, ops[0].sources[:1]
    form: list[Any] = []
    for op in ops:
        reads = [i - first if i >= first else -1 for i in op.sources]
        if any(i < first and (i,) != entry for i in op.sources):
            return None
        form += (_look(op), tuple(reads))
    return tuple(form)


def _look(op: Op) -> tuple[Any, ...]:
    return type(op.layer), op.shape, settings(op.layer), activation_name(op.layer)


def _in_stream(subject: Subject, window: Sequence[Op], like: list[Unit]) -> bool:
    """Says whether the row stands where such a unit could: after or before one."""
    inside = {op.index for op in window[:-1]}
    if any(u.index > window[-1].index for i in inside for u in _users(subject, i)):
        return False
    entry, after = window[0].sources[0], [window[-1].index]
    if subject.graph.ops[entry].shape != window[-1].shape:
        return False
    while len(users := subject.graph.users[after[-1]]) == 1:
        (user,) = users
        if subject.graph.ops[user].kind not in ("act", "norm"):
            break
        after.append(user)
    follows = any(unit.entry.index in after for unit in like)
    precedes = any(_ends(unit, entry) for unit in like)
    alone = all(unit.entry.index != entry for unit in subject.units)
    return alone and (follows or precedes)


def _ends(unit: Unit, index: int) -> bool:
    return index in (unit.merge.index, *(op.index for op in unit.after))


def _users(subject: Subject, index: int) -> list[Op]:
    return [subject.graph.ops[i] for i in subject.graph.users[index]]
