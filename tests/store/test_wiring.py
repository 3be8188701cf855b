"""Layers that Keras would go through again and again."""

import pytest

from keras_residual.store.refusal import RefusedError
from keras_residual.store.wiring import LONGEST_ROW, check_wiring


def row(count):
    identity = {"module": "keras.layers", "class_name": "Identity", "config": {}}
    inside = {"layers": [identity] * count}
    return {"module": "keras", "class_name": "Sequential", "config": inside}


def test_a_long_sequential_is_refused():
    check_wiring(row(LONGEST_ROW))
    with pytest.raises(RefusedError, match="601 layers in a Sequential"):
        check_wiring(row(LONGEST_ROW + 1))
