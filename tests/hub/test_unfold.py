"""The layers of keras-hub's backbones are opened, and all their units found."""

import keras
import numpy as np
import pytest
from hub.backbones import BACKBONES, CHOSEN

import keras_residual as kr

pytest.importorskip("keras_hub", reason="pip install keras-hub")
pytestmark = [
    # What keras-hub's own code is warned of.
    pytest.mark.filterwarnings("ignore::UserWarning:keras"),
    pytest.mark.filterwarnings("ignore::UserWarning:keras_hub"),
]
# A bias of attention that is masked in one layer, and again in the next, looks like a
# stream.
TOO_MANY = {"T5Backbone": 2}


@pytest.mark.parametrize("name", CHOSEN)
def test_a_backbone_is_read_in_full(name):
    case = BACKBONES[name]
    model, inputs = case.build(), case.inputs()

    unfolded = kr.unfold(model, inputs)

    assert not unfolded.closed
    found = kr.find_residuals(unfolded.model)
    assert len(found) - TOO_MANY.get(name, 0) == case.units
    held = {id(weight) for weight in unfolded.model.weights}
    assert all(id(weight) in held for weight in model.weights)
    answers = (one.predict_on_batch(inputs) for one in (model, unfolded.model))
    for one, other in zip(*map(keras.tree.flatten, answers), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
