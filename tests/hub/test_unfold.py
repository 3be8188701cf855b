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
# JAX compiles each operation for each shape: there some stand for the others, and
# benchmarks/unfold.py takes all.
FEW = ["LlamaBackbone", "GPTNeoXBackbone", "MixtralBackbone", "AlbertBackbone"]
FEW += ["BartBackbone", "ViTBackbone", "CLIPBackbone"]
TAKEN = FEW if keras.config.backend() == "jax" else list(CHOSEN)
# Its attention asks for sizes; TensorFlow's graph does not know them.
IN_PART = {("tensorflow", "DebertaV3Backbone")}


@pytest.mark.parametrize("name", TAKEN)
def test_a_backbone_is_read_in_full(name):
    case = BACKBONES[name]
    model, inputs = case.build(), case.inputs()

    unfolded = kr.unfold(model, inputs)

    assert not unfolded.closed or (keras.config.backend(), name) in IN_PART
    assert len(kr.find_residuals(unfolded.model)) == case.units
    held = {id(weight) for weight in unfolded.model.weights}
    assert all(id(weight) in held for weight in model.weights)
    answers = (one.predict_on_batch(inputs) for one in (model, unfolded.model))
    for one, other in zip(*map(keras.tree.flatten, answers), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
