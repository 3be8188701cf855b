"""Two models are compared in all digits of float32, on whatever computes them."""

import keras
import pytest

from keras_residual.graph.precision import whole_products
from keras_residual.transforms.trials import trials_for

BACKEND = keras.backend.backend()


def allowed() -> list[object]:
    """Returns what the backend may do to the factors of a product."""
    if BACKEND == "torch":
        from torch import backends

        cards = backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn
        return [place.fp32_precision for place in (*cards, backends.mkldnn.matmul)]
    if BACKEND == "jax":
        import jax

        return [jax.config.jax_default_matmul_precision]
    from tensorflow import config

    return [config.experimental.tensor_float_32_execution_enabled()]


@pytest.fixture
def a_card(monkeypatch):
    """JAX asks where it computes: on a processor there is nothing to set."""
    if BACKEND == "jax":
        import jax

        monkeypatch.setattr(jax, "default_backend", lambda: "gpu")


@pytest.fixture
def inside():
    return {"torch": "ieee", "jax": "highest", "tensorflow": False}[BACKEND]


def test_no_digit_is_left_out_meanwhile(a_card, inside):
    before = allowed()
    with whole_products():
        assert set(allowed()) == {inside}
    assert allowed() == before


def test_what_was_allowed_is_allowed_after_a_failure(a_card):
    before = allowed()
    with pytest.raises(ZeroDivisionError), whole_products():
        raise ZeroDivisionError
    assert allowed() == before


def test_models_answer_a_trial_so(a_card, inside):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    seen = []

    def answer(arrays):
        seen.extend(allowed())
        return {"out": arrays[0]}

    for trial in trials_for(model):
        trial.answered(answer)
    assert set(seen) == {inside}
