"""A proof finds what differs, measures it, and says where."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.graph.made_up import KINDS
from keras_residual.transforms import prove
from keras_residual.transforms.original import tolerance_for
from keras_residual.transforms.trials import trials_for


def dense(kernel, shift=0.0, name="plain"):
    x = keras.Input((2,), name="x")
    layer = layers.Dense(2, name="out")
    model = keras.Model(x, layer(x), name=name)
    layer.set_weights([np.array(kernel), np.full(2, shift)])
    return model


ONE = [[1.0, 0.0], [0.0, 1.0]]


def test_equal_models_pass():
    proof = prove(dense(ONE), dense(ONE))
    assert proof.largest == 0
    assert {c.inputs.split()[0] for c in proof.comparisons} == set(KINDS)
    assert "0.0e+00 of scale" in str(proof)


class Watched(layers.Dense):
    """Says whether what it made would be kept for gradients, as PyTorch does it."""

    kept = None

    def call(self, x):
        made = super().call(x)
        type(self).kept = getattr(
            made, "requires_grad", False
        )  # the proof restores self
        return made


def test_a_row_of_a_table_that_no_input_reads_is_compared():
    def tokens(row):
        words = layers.Embedding(5000, 4, embeddings_initializer="ones", name="words")
        model = keras.Model(x := keras.Input((3,), dtype="int32"), words(x), name="it")
        wrong = keras.ops.reshape(keras.ops.one_hot(row, 5000), (5000, 1))
        words.embeddings.assign(words.embeddings + wrong)
        return model

    assert prove(tokens(4321), tokens(4321)).largest == 0
    with pytest.raises(ValueError, match='the table of words" on row 4320'):
        prove(tokens(4320), tokens(4321))


def test_nothing_is_kept_for_gradients():
    layer = Watched(2)
    model = keras.Model(x := keras.Input((2,)), layer(x))
    Watched.kept = None
    prove(model, model)
    assert Watched.kept is False


def test_a_difference_is_measured_in_proportion_to_the_output():
    proof = prove(dense(ONE), dense([[1.0, 0.0], [0.0, 1.001]]), tolerance=1e-2)
    assert proof.largest == pytest.approx(1e-3, rel=0.01)


def test_a_difference_is_refused_and_placed():
    with pytest.raises(ValueError, match='Model "old": the rewritten model computes'):
        prove(dense(ONE, name="old"), dense([[1.0, 0.0], [0.0, 1.1]]))


@pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_a_small_channel_is_measured_by_its_own_size(size, shift):
    def head(factor):
        x = keras.Input((3,))
        model = keras.Model(x, layers.Dense(5, name="out")(x))
        kernel = np.random.default_rng(0).normal(size=(3, 5))
        scales = np.array([1.0, 1.0, factor * size, 1.0, 1.0])
        model.layers[-1].set_weights([kernel * scales, shift * scales])
        return model

    assert prove(head(1.0), head(1.0)).largest == 0
    with pytest.raises(kr.ResidualError, match="computes something else"):
        prove(head(1.0), head(1.01))


def test_a_difference_on_zeros_alone_is_found():
    """Zero inputs give zero outputs here, so that only a floor tells a scale."""
    with pytest.raises(ValueError, match='"out" on'):
        prove(dense(ONE), dense(ONE, shift=1e-3))


def test_what_is_not_finite_must_be_the_same():
    endless = dense([[np.inf, 0.0], [0.0, 1.0]])
    assert prove(endless, endless).largest == 0
    with pytest.raises(ValueError, match="inf"):
        prove(dense(ONE), endless)


def test_nothing_is_proved_by_nan_alone():
    lost = dense([[np.nan, np.nan], [np.nan, np.nan]], name="lost")
    with pytest.raises(ValueError, match='"lost": what it returns is not finite'):
        prove(lost, dense(ONE))


def test_unknown_sizes_are_tried_odd_and_even():
    x = keras.Input((None, None, 1))
    model = keras.Model(x, layers.MaxPooling2D()(x))
    shapes = {c.inputs.split(" ", 1)[1] for c in prove(model, model).comparisons}
    assert shapes == {
        *("(6, 33, 33, 1)", "(1, 33, 33, 1)", "(6, 64, 64, 1)", "(1, 64, 64, 1)")
    }


def test_a_size_that_the_model_refuses_is_passed_by():
    x = keras.Input((None, None, 1))
    y = layers.UpSampling2D()(layers.MaxPooling2D()(x))
    model = keras.Model(x, layers.Add()([x, y]))  # even sizes only
    shapes = {c.inputs.split(" ", 1)[1] for c in prove(model, model).comparisons}
    assert "(6, 64, 64, 1)" in shapes
    assert "(6, 33, 33, 1)" not in shapes


def test_tokens_are_known_to_their_embedding():
    x = keras.Input((3,), dtype="int32")
    y = layers.Embedding(4, 2)(keras.ops.abs(x))
    model = keras.Model(x, y)
    tried = np.concatenate([trial.arrays[0] for trial in trials_for(model)])
    assert tried.min() == 0
    assert tried.max() == 3
    assert prove(model, model).largest == 0


def test_a_fixed_batch_is_respected():
    x = keras.Input(batch_shape=(2, 4))
    model = keras.Model(x, layers.ReLU()(x))
    trials = trials_for(model)
    assert [t.arrays[0].shape for t in trials] == [(2, 4)] * 8
    assert {kind for t in trials for kind in t.kinds} == set(KINDS)
    assert prove(model, model).largest == 0


@pytest.mark.parametrize(("side", "calls"), [(2, [16]), (180, [1] * len(KINDS))])
def test_large_samples_are_answered_by_themselves(side, calls):
    x = keras.Input((side, side, 2))
    model = keras.Model(x, layers.GlobalMaxPooling2D()(x))
    trial, _ = trials_for(model)
    sizes = []

    def answer(arrays):
        sizes.append(len(arrays[0]))
        return {"out": np.max(arrays[0], (1, 2)), "count": np.array(len(arrays[0]))}

    found = trial.answered(answer)
    assert sizes == calls
    np.testing.assert_array_equal(found["out"], np.max(trial.arrays[0], (1, 2)))
    assert found["count"].sum() == len(trial.kinds)
    kinds = [one.inputs.split()[0] for one in prove(model, model).comparisons]
    assert kinds == [*trial.kinds, "normal"]


def test_given_inputs_are_used():
    x = keras.Input((2,), name="x")
    model = keras.Model(x, keras.ops.log(x))
    proof = prove(model, model, inputs=[np.ones((3, 2))])
    assert [c.inputs for c in proof.comparisons] == ["given (3, 2)"] * 3


def test_half_precision_is_given_room():
    assert tolerance_for(dense(ONE)) == 1e-5
    keras.config.set_dtype_policy("mixed_float16")
    assert tolerance_for(dense(ONE)) == 2e-2


def test_inputs_that_no_model_takes_are_refused():
    x = keras.Input((None, 2), name="x")
    model = keras.Model(x, layers.Reshape((7, 2))(x), name="seven")
    with pytest.raises(ValueError, match=r'"seven": it takes none .* made up'):
        prove(model, model)
