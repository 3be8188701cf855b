"""The equation of an `EinsumDense`, one letter an axis."""

from __future__ import annotations

from keras_residual.transforms.call import Call
from keras_residual.transforms.preconditions import config_of


def axes_of(call: Call) -> tuple[str, str, str]:
    """Returns the letters of the input, of the kernel and of the output.

    Args:
        call: A call of an `EinsumDense`; an axis that it leaves open is a dot here.
    """
    equation = config_of(call)["equation"].replace(" ", "")
    given, made = equation.split("->")
    entry, kernel = given.split(",")
    letters = len(entry.replace(".", ""))
    dots = "." * (len(call.reads[0].shape) - letters)
    return entry.replace("...", dots), kernel, made.replace("...", dots)
