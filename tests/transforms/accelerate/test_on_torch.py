"""On PyTorch, a Functional model is computed by its plan, and not by Keras."""

import keras
import numpy as np
import pytest

import keras_residual as kr

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "torch", reason="other backends have no plan"
)


@pytest.fixture
def model():
    return kr.accelerate(kr.models.build("resnet8")).model


def test_a_plan_computes_convolutions_and_norms_itself(model):
    plan = vars(model)["call"].__self__
    kinds = [type(operation) for operation, _ in plan.direct]
    for kind in (keras.layers.Conv2D, keras.layers.BatchNormalization):
        count = sum(type(layer) is kind for layer in model.layers)
        assert kinds.count(kind) == count > 0


def test_arrays_are_computed_by_the_plan_too(model, monkeypatch):
    pictures = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(type(model).call(model, pictures))

    def refuse(*_, **__):
        raise AssertionError("Keras computes")

    monkeypatch.setattr(type(model), "call", refuse)
    found = model.predict_on_batch(pictures)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
