"""The table of all models, and the function that builds one of them."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import nearest
from keras_residual.compose.arguments import checked
from keras_residual.compose.models import resnet, tabular

Shape = tuple[int | None, ...]
FAMILIES = {**resnet.VARIANTS, **tabular.VARIANTS}


def names() -> list[str]:
    """Returns the names that `build` knows, by family and depth.

    Examples:
        >>> "resnet50" in kr.models.names()
        True
    """
    return list(FAMILIES)


@checked
def build(
    name: str,
    input_shape: Shape | None = None,
    classes: int | None = None,
    **parts: Any,
) -> keras.Model:
    """Builds a published network, an ordinary Keras model.

    Networks for images take sequences and volumes too: the rank of `input_shape`
    decides. Beyond 900 chained operations the blocks are nested, because Keras cannot
    build deeper models flat.

    Args:
        name: One of `names()`.
        input_shape: Shape of one sample, channels included. By default that of the
            publication.
        classes: Size of the output, which holds logits: there is no softmax. By
            default that of the publication; 0 leaves the head away.
        **parts: What differs from the publication: `shortcut`, `norm`, `activation`,
            `zero_init`, as in the blocks, and `drop_path`, the part that ends the last
            block's branch; its rate falls linearly towards the first block.

    Returns:
        The model; its layers are named `stage<s>_block<b>_<path>_<kind><n>`.

    Raises:
        ResidualError: There is no such model or part.

    Examples:
        >>> model = kr.models.build("resnet20", input_shape=(32, 32, 3), classes=10)
        >>> model.count_params()
        271098
        >>> plain = kr.models.build("resnet20", shortcut="none")
        >>> signals = kr.models.build("resnet18", input_shape=(1000, 12), classes=5)
        >>> signals.output_shape
        (None, 5)
    """
    if name not in FAMILIES:
        raise ResidualError(
            f"There is no model {name!r}.",
            needed="kr.models.names() lists them all.",
            write=nearest(name, names()),
        )
    variant = FAMILIES[name]
    if unknown := sorted(parts.keys() - variant.parts):
        raise ResidualError(
            f"Model {name!r} has no part {unknown[0]!r}.",
            needed=f"It takes {', '.join(sorted(variant.parts))}.",
            write=nearest(unknown[0], sorted(variant.parts)),
        )
    shape = variant.input_shape if input_shape is None else tuple(input_shape)
    inputs = keras.Input(shape, name="inputs")
    outputs = variant.unfold(inputs, classes, **parts)
    return keras.Model(inputs, outputs, name=name)
