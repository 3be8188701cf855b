"""A model is read once by all that looks at it, and is found the same."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph import graph as reading
from keras_residual.transforms import prove

X = np.random.default_rng(0).standard_normal((8, 4)).astype("float32")
LABELS = np.arange(8) % 3


@pytest.fixture
def model():
    x = inputs = keras.Input((4,), name="x")
    for name in ("one", "two", "three"):
        x = layers.Add(name=name)([x, layers.Dense(4, "relu", name=f"{name}_dense")(x)])
    found = keras.Model(
        inputs, layers.Dense(3, "softmax", name="head")(x), name="small"
    )
    found.compile(loss="sparse_categorical_crossentropy")
    return found


@pytest.fixture
def reads(monkeypatch):
    """Counts which models are read."""
    seen, first = [], reading.Graph.__init__

    def init(self, model):
        seen.append(model)
        first(self, model)

    monkeypatch.setattr(reading.Graph, "__init__", init)
    return seen


def test_a_page_reads_its_model_once(model, reads, tmp_path):
    kr.inspect(model, tmp_path / "page.html", data=(X, LABELS), progress=False)
    assert reads == [model]


def test_pruning_reads_each_network_once_to_judge_it(model, reads):
    """And once more to make up what its layers are proved on."""
    done = kr.rewire.prune_depth(model, (X, LABELS), tolerance=float("inf"))
    assert len(done.steps) == 4
    assert len(reads) <= 2 * len(done.steps)
    again = kr.rewire.prune_depth(
        kr.Analysis(model), (X, LABELS), tolerance=float("inf")
    )
    assert again.dropped == done.dropped


def test_a_proof_reads_both_models_once(model, reads):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    old, new = kr.Analysis(model), kr.Analysis(copy)
    assert prove(old, new).largest < 1e-6
    assert prove(model, copy).largest < 1e-6
    assert reads == [model, copy] * 2


def test_an_analysis_takes_the_place_of_its_model(model, reads):
    analysis = kr.Analysis(model)
    found = [
        kr.find_residuals(analysis),
        kr.check(analysis),
        kr.measure(analysis, X, progress=False).to_dict(),
        kr.measures.cka(analysis, X, progress=False).matrix.tolist(),
        kr.draw(analysis),
    ]
    assert reads == [model]
    assert found == [
        kr.find_residuals(model),
        kr.check(model),
        kr.measure(model, X, progress=False).to_dict(),
        kr.measures.cka(model, X, progress=False).matrix.tolist(),
        kr.draw(model),
    ]


def test_what_is_no_model_cannot_be_read():
    with pytest.raises(TypeError, match="read from a Keras model"):
        kr.Analysis("model.keras")
