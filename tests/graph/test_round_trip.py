"""What our recipes build is what is found."""

import keras
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import keras_residual as kr
from keras_residual.graph import find_residuals

# How a recipe is written, and the form and kind of the unit that it must be.
RECIPES = {
    "plain sum": ({}, ("add", "identity")),
    "projected": ({"shortcut": "projection"}, ("add", "projection")),
    "pooled": ({"shortcut": "pooled_projection"}, ("add", "pooled_projection")),
    "padded": ({"shortcut": "zero_pad"}, ("add", "padded")),
    "after": ({"activation": "relu"}, ("add", "identity")),
    "dense": ({"merge": "concatenate"}, ("concatenate", "identity")),
    "average": ({"merge": "average"}, ("average", "identity")),
    "highway": ({"merge": "gate"}, ("add", "gated")),
    "general highway": ({"merge": "two_gates"}, ("add", "gated")),
    "plain network": ({"shortcut": "none"}, None),
}
STRIDED = ("projected", "pooled", "padded")

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking builds for minutes
SAME_SIZE = sorted(set(RECIPES) - set(STRIDED))


def blocks(depth):
    """A recipe's name, the blocks in its branch, and whether it is nested."""
    inner = blocks(depth - 1) if depth else st.nothing()
    names = sorted(RECIPES) if depth == 2 else SAME_SIZE
    return st.tuples(
        st.sampled_from(names), st.lists(inner, max_size=depth), st.booleans()
    )


def written(block, width):
    """Returns the part that a drawn block stands for, its units, and its width."""
    name, inner, nested = block
    options, unit = RECIPES[name]
    out = width + 2 if name in STRIDED else width
    parts, units, inside = [], [], 4
    for each in inner:
        part, found, inside = written(each, inside)
        parts.append(part)
        units += found
    first = kr.conv(4, 3, stride=2 if name in STRIDED else 1)
    part = kr.Residual([first, "relu", *parts, kr.conv(out, 3)], **options)
    units += [unit] if unit else []
    out += width if name == "dense" else 0
    return (kr.nest(part) if nested else part), units, out


@settings(max_examples=15, deadline=None, phases=PHASES)
@given(st.lists(blocks(2), min_size=1, max_size=3))
def test_what_was_built_is_found(drawn):
    x = inputs = keras.Input((64, 4))
    expected, width = [], 4
    for block in drawn:
        part, units, width = written(block, width)
        x = part(x)
        expected += units
    found = find_residuals(keras.Model(inputs, x))
    assert [(unit.form, unit.kind) for unit in found] == expected
