"""The table of all models, and the function that builds one of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import listed, nearest
from keras_residual.compose.arguments import checked
from keras_residual.compose.models import (
    convnext,
    densenet,
    mobile,
    patches,
    plain,
    resnet,
    series,
    tabular,
    transformers,
    unet,
    wavenet,
)
from keras_residual.compose.models.own import Network, Own, Shape, demand_network
from keras_residual.compose.models.sample_shape import sample_shape

PUBLISHED = {
    **resnet.VARIANTS,
    **convnext.VARIANTS,
    **densenet.VARIANTS,
    **mobile.VARIANTS,
    **plain.VARIANTS,
    **unet.VARIANTS,
    **tabular.VARIANTS,
    **series.VARIANTS,
    **transformers.VARIANTS,
    **wavenet.VARIANTS,
    **patches.VARIANTS,
}
FAMILIES: dict[str, Any] = dict(PUBLISHED)
"""The published networks, and those that are registered."""


@checked
def names(pattern: str = "*") -> list[str]:
    """Returns the names that `build` knows, by family and depth; registered ones last.

    Args:
        pattern: What they have to fit, such as `"conv*"`; all by default.

    Examples:
        >>> kr.models.names("densenet*")
        ['densenet121', 'densenet161', 'densenet169', 'densenet201']
        >>> "resnet50" in kr.models.names()
        True
    """
    return fnmatch.filter(FAMILIES, pattern)


@checked
def register(name: str, *, input_shape: Shape) -> Callable[[Network], Network]:
    """Registers the network under it, so that `build` and training know its name.

    A name that is registered again has the new network; ours keep their meaning.

    Args:
        name: Its name.
        input_shape: The shape of one sample, channels included, where `build` is given
            none.

    Returns:
        A decorator of a function that is given the inputs and the number of classes,
        None for as many as it likes, and returns outputs. What it takes by keyword
        alone are its parts.

    Raises:
        KindError: It is no function of two arguments.
        ResidualError: The name is empty, or that of a published network.

    Examples:
        >>> @kr.models.register("small", input_shape=(8, 8, 3))
        ... def small(x, classes, *, norm="batch"):
        ...     x = kr.blocks.basic(8, norm=norm)(kr.conv(8, 3)(x))
        ...     return kr.dense(classes or 10)(kr.pool("global_average")(x))
        >>> kr.models.build("small", classes=3).output_shape
        (None, 3)
    """
    if not name or name in PUBLISHED:
        raise ResidualError(
            "models.register: the name is not free.",
            given=repr(name),
            needed="A published network keeps its name, and every network has one.",
            write=f'@kr.models.register("my_{name or "network"}", ...)',
        )

    def add(network: Network) -> Network:
        demand_network(network)
        FAMILIES[name] = Own(network, tuple(input_shape))
        return network

    return add


@checked
def build(
    name: str,
    input_shape: Shape | None = None,
    classes: int | None = None,
    **parts: Any,
) -> keras.Model:
    """Builds a published or a registered network, an ordinary Keras model.

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
        ResidualError: There is no such model or part, or the shape is a batch's.

    Warns:
        UserWarning: The shape looks like a picture's whose channels are left out, or
            stand elsewhere.

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
            needed=f"It takes {listed(sorted(variant.parts)) or 'none'}, and of every "
            "model input_shape and classes.",
            write=_instead(unknown[0], parts[unknown[0]], variant.parts),
        )
    shape = sample_shape(variant.input_shape, input_shape)
    if classes is not None and classes < 0:
        raise ResidualError(
            "models.build: a network has no such number of classes.",
            given=f"{classes=}",
            needed="`classes` is the size of the output; 0 leaves the head away.",
            write="classes=10",
        )
    dtype = getattr(variant, "dtype", None)
    inputs = keras.Input(shape, dtype=dtype, name="inputs")
    outputs = variant.unfold(inputs, classes, **parts)
    return keras.Model(inputs, outputs, name=name)


_ELSEWHERE = {
    "include_top": "classes=0, for a network without its head",
    "weights": "model.load_weights(path), for weights of your own",
}
"""Words of `keras.applications` for what is written otherwise here."""


def _instead(word: str, value: Any, parts: Iterable[str]) -> str:
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    near = nearest(word, [*sorted(parts), "classes", "input_shape"])
    return near if "," in near else f"{near}={value!r:.40}"
