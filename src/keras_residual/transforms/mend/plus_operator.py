"""A sum that is an operation becomes an `Add` layer."""

from __future__ import annotations

import keras

from keras_residual.transforms.call import Call, NewLayer, Value
from keras_residual.transforms.preconditions import NotApplicable, Work


def fix(work: Work, call: Call) -> str:
    """Puts `Add` in the place of `+`, under the operation's name.

    Args:
        work: The draft that the call stands in.
        call: The sum.

    Returns:
        What was done.

    Raises:
        NotApplicable: A number is added, not a tensor.
    """
    given = [*call.args, *call.kwargs.values()]
    if len(call.reads) != 2 or len(given) != 2:
        raise NotApplicable("it does not add two tensors")
    if all(value.masked for value in call.reads):
        raise NotApplicable("an Add layer would carry on the mask that + ends")
    (old,) = call.outputs
    config = {"name": call.name, "dtype": old.dtype}
    new = Value(old.shape, old.dtype)
    work.draft.insert(NewLayer(keras.layers.Add, config), (call.reads,), new)
    work.draft.replace(old, new)
    work.draft.remove(call)
    return "is an Add layer now"
