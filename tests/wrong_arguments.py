"""What may be given in place of anything else, and whether the answer is ours."""

import traceback

import keras
import numpy as np

import keras_residual as kr

OTHERS = {
    "nothing": None,
    "a number": -1.5,
    "zero": 0,
    "a word": "zzz",
    "an empty list": [],
    "a list of words": ["a"],
    "a tuple of three": (1, 2, 3),
    "a dict": {"a": 1},
    "a class": keras.layers.Dense,
    "a layer": keras.layers.Dense(8),
    "a part": kr.dense(8),
    "an array": np.zeros(3),
    "an array without axes": np.array(3),
    "a Keras tensor": keras.Input((4,)),
    "an object": object(),
}


def raised_by_us(error):
    """Says whether the last line that ran is a `raise` of this package."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return "keras_residual" in last.filename and last.line.startswith("raise")
