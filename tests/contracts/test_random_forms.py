"""Whatever published forms are stacked, they keep their promises together."""

import tempfile
from pathlib import Path

import keras
import numpy as np
from gradients import gradients, outputs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_residual.compose.forms import FORMS, Form

from .forms import COUNTED, form_of

EXAMPLES = {"jax": 6}.get(keras.backend.backend(), 15)  # JAX compiles each anew
SHAPES = ((6, 6, 4), (5, 8))
ROWS = {
    shape: [f for f in FORMS if f.shape == shape and f.name not in COUNTED]
    for shape in SHAPES
}


stacks = st.sampled_from(SHAPES).flatmap(
    lambda shape: st.lists(st.sampled_from(ROWS[shape]), min_size=2, max_size=3)
)


def stacked(forms: list[Form]) -> keras.Model:
    """Builds the forms behind each other; what changes the shape ends the stack."""
    inputs = x = keras.Input(forms[0].shape)
    for form in forms:
        if x.shape == inputs.shape:
            x = form_of(form)()(x)
    return keras.Model(inputs, x)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(stacks)
def test_a_stack_has_its_shape_its_file_and_its_gradient(forms):
    model, names = stacked(forms), [form.name for form in forms]
    x = np.random.default_rng(5).normal(size=(3, *model.input_shape[1:]))
    x = x.astype("float32")
    y = outputs(model, x, training=False)
    assert y.shape[1:] == model.output_shape[1:], names
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        again = outputs(keras.saving.load_model(path), x, training=False)
    assert np.abs(again - y).max() <= 1e-6 * np.abs(y).max(), names
    weighting = np.random.default_rng(6).normal(size=y.shape).astype("float32")
    _, found = gradients(model, x, weighting, training=True)
    assert all(np.isfinite(each).all() for each in found), names
    assert np.abs(found[0]).max() > 0, names
