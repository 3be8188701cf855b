"""What is wrong with what a training or a command was given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import nearest


class InputError(ResidualError):
    """Says that the data, the recipe or the options of a run cannot be used."""


def no_network(name: str, known: Iterable[str]) -> InputError:
    """Returns the error of a name that no network has.

    Args:
        name: The name.
        known: The names that are known.
    """
    return InputError(
        "Model: the name is unknown.",
        given=f"model={name!r}",
        needed="A model is one of those that `keras-residual models` lists, or was "
        "registered with `kr.models.register` in this process.",
        write=f"--model {nearest(name, known)}",
    )


def no_depth(depth: int, known: Iterable[str]) -> InputError:
    """Returns the error of a depth that no network of a comparison has.

    Args:
        depth: Number of layers.
        known: The names of networks that are known.
    """
    depths = sorted(
        int(name[6:]) for name in known if re.fullmatch(r"resnet[0-9]+", name)
    )
    return InputError(
        f"Compare: there is no network of {depth} layers.",
        given=f"depths={depth}",
        needed=f"There are some of {', '.join(map(str, depths))} layers.",
        write=f"--depths {min(depths, key=lambda one: abs(one - depth))}",
    )
