"""The shape of one sample, as it is given: a batch's is refused, a guess is said."""

from __future__ import annotations

import warnings

import keras

from keras_residual.common.errors import ResidualError

_CHANNELS = (1, 3, 4)  # of pictures
_SMALLEST = 8  # pixels of a side; what is smaller may be anything


def sample_shape(published: tuple, given: tuple | None) -> tuple:
    """Returns the shape of one sample.

    Args:
        published: That of the publication.
        given: What was asked for; None takes the published one.

    Raises:
        ResidualError: It is that of a batch.

    Warns:
        UserWarning: It looks like that of a picture, and is read as another.
    """
    if given is None:
        return published
    first, *rest = given if given else (0,)
    if first is None and len(rest) == len(published) and None not in rest:
        volume = (*[None] * len(rest), rest[-1])
        raise ResidualError(
            "models.build: the shape begins with the batch.",
            given=f"input_shape={given}",
            needed="A shape is that of one sample. More axes, of unknown sizes, are "
            f"all None:  {volume}",
            write=f"input_shape={tuple(rest)}",
        )
    if len(published) == 3 and (meant := _picture(given)):
        warnings.warn(
            f"models.build: input_shape={tuple(given)} is read as {_read_as(given)}. "
            f"Pictures of that size have input_shape={meant}.",
            stacklevel=4,
        )
    return tuple(given)


def _picture(given: tuple) -> tuple | None:
    """Returns the shape that a picture would have, if another than it is read as."""
    last = keras.config.image_data_format() == "channels_last"
    match given:
        case (int(a), int(b)) if a == b >= _SMALLEST:
            return (a, b, 1) if last else (1, a, b)
        case (int(c), int(a), int(b)) if last and _square(c, a, b):
            return a, b, c
        case (int(a), int(b), int(c)) if not last and _square(c, a, b):
            return c, a, b
    return None


def _square(channels: int, one: int, other: int) -> bool:
    return channels in _CHANNELS and one == other >= _SMALLEST


def _read_as(given: tuple) -> str:
    first = keras.config.image_data_format() == "channels_first"
    channels, places = (given[0], given[1:]) if first else (given[-1], given[:-1])
    sizes = "×".join(map(str, places))
    return f"{sizes} {'steps' if len(places) == 1 else 'pixels'} of {channels} channels"
