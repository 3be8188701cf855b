"""JAX is left alone, and says why."""

import pytest

import keras_residual as kr

from .models import NOOP, small


@pytest.mark.skipif(not NOOP, reason="other backends: see test_accelerate.py")
def test_nothing_is_replaced_and_the_reason_is_told():
    model = small()
    done = kr.accelerate(model)
    assert done.model is model
    assert done.changes == ()
    assert len(done.left) == 7
    assert "XLA fuses it already" in str(done)
    assert not any("call" in vars(layer) for layer in (model, *model.layers))
    assert kr.restore(model) is model
