"""Small models, and what the linter finds in them."""

import keras
from keras import layers

from keras_residual.checks import Finding, check

PICTURE, STEPS = (8, 8, 4), (6, 4)


def found(code, outputs, inputs) -> list[Finding]:
    return check(keras.Model(inputs, outputs), select=[code])


def paths(code, outputs, inputs) -> list[str]:
    return [finding.path for finding in found(code, outputs, inputs)]


def conv(filters=4, size=3, stride=1, **options):
    return layers.Conv2D(filters, size, stride, **({"padding": "same"} | options))


def added(x, y, name="add"):
    return layers.Add(name=name)([x, y])


def strided(carry, branch, size: int | None = 8):
    x = keras.Input((size, size, 4))
    return added(carry(x), branch(x)), x
