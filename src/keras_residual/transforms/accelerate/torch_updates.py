"""An optimizer's step on a processor, a few variables at a time.

Keras makes one pass over all variables for each term of the update: momentum, gradient,
sum. A processor reads a large network from memory in each pass. By turns, what one pass
has read is still in the cache for the next; the numbers are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from keras_residual._keras import is_keras_own

_TOGETHER = 1 << 18  # elements: with gradient and momentum, 3 MiB
_OWN_STATE = keras.optimizers.Nadam  # each call counts as a step


def update_by_turns(optimizer: Any) -> Callable[..., None] | None:
    """Returns what stands in for an optimizer's update, or nothing where none may.

    Args:
        optimizer: Any Keras optimizer.
    """
    ours = is_keras_own(type(optimizer), "backend.torch.optimizers")
    if not ours or isinstance(optimizer, _OWN_STATE):
        return None

    def update(grads: Sequence, variables: Sequence, learning_rate: Any) -> None:
        whole = type(optimizer)._parallel_update_step
        for turn in _turns(variables):
            whole(optimizer, grads[turn], variables[turn], learning_rate)

    return update


def _turns(variables: Sequence[Any]) -> Iterator[slice]:
    """Yields which variables are updated together: one, or many small ones."""
    if any(variable.value.device.type != "cpu" for variable in variables):
        yield slice(None)
        return
    start, elements = 0, 0
    for index, variable in enumerate(variables):
        size = variable.value.numel()
        if index > start and elements + size > _TOGETHER:
            yield slice(start, index)
            start, elements = index, 0
        elements += size
    yield slice(start, len(variables))
