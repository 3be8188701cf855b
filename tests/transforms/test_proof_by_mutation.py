"""The proof refuses whatever is wrong: small models, each with ten faults and more."""

import keras
import numpy as np
import pytest

from keras_residual.transforms.original import Original

from .mutations import mutations
from .small_models import MODELS, ON_TENSORFLOW, REBUILT, draw

# JAX runs each operation by itself: of it, fewer are asked.
FAULTS = 4 if keras.config.backend() == "jax" else 10
# What may pass, and why.
EXPLAINED = {
    "key/bias": "it adds the same to all scores of a query, which a softmax takes off"
}


def refused(original, model):
    try:
        found = original.compared(model, tolerance=1e-5)
    except Exception:  # nothing can be called that way
        return True
    return not all(one.holds for one in found)


def some(faults):
    faults = list(faults)
    return [faults[k] for k in np.linspace(0, len(faults) - 1, FAULTS).astype(int)]


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # JAX has none
@pytest.mark.parametrize("name", [*MODELS, *ON_TENSORFLOW])
def test_what_is_wrong_is_refused(name):
    if name in ON_TENSORFLOW and keras.config.backend() != "tensorflow":
        pytest.skip("words are read on TensorFlow alone")
    build = (MODELS | ON_TENSORFLOW)[name]
    model, same = build(), build()
    draw(model)
    same.set_weights(model.get_weights())
    original, passed = Original(model), []
    for fault, switch in some(mutations(same)):
        switch(True)
        if not refused(original, same):
            passed.append(fault)
        switch(False)
    for settings in REBUILT.get(name, ()):
        other = build(**settings)
        other.set_weights(model.get_weights())
        if not refused(original, other):
            passed.append(str(settings))
    assert not refused(original, same)
    assert not [one for one in passed if not any(why in one for why in EXPLAINED)]


def test_there_are_forty_models():
    assert len(MODELS) >= 40
