"""`ExactCheckpoint`, in a `fit` of one's own."""

import warnings

import keras
import numpy as np
import pytest

from keras_residual.common.files import let_go, locked
from keras_residual.train import ExactCheckpoint, InputError
from keras_residual.train.resuming.callback_states import CallbackStates
from keras_residual.train.resuming.checkpoints import Checkpoints

X = np.random.default_rng(0).random((24, 4)).astype("float32")


def model_of(optimizer, **how):
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dropout(0.5), keras.layers.Dense(4)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile(optimizer, "mse", **how)
    return model


def trained(model, exact, epochs, others=(), **how):
    return model.fit(
        *(X, X, 8, epochs),
        verbose=0,
        shuffle=False,
        initial_epoch=exact.initial_epoch,
        callbacks=[*others, exact],
        **how,
    )


def same(one, other):
    ones, others = (
        [*model.weights, *model.optimizer.variables] for model in (one, other)
    )
    for mine, theirs in zip(ones, others, strict=True):
        np.testing.assert_array_equal(
            *map(keras.ops.convert_to_numpy, (mine, theirs)), err_msg=mine.path
        )


def test_it_keeps_what_its_callbacks_know(tmp_path):
    def run(epochs, place):
        model = model_of(keras.optimizers.Adam(1.0))
        early = keras.callbacks.EarlyStopping("loss", patience=3, start_from_epoch=0)
        slower = keras.callbacks.ReduceLROnPlateau("loss", patience=1)
        exact = ExactCheckpoint(tmp_path / place, callbacks=[early, slower])
        history = trained(model, exact, epochs, [early, slower])
        return model, early, history.history

    whole, after = run(5, "whole"), (run(3, "run"), run(5, "run"))[1]
    same(whole[0], after[0])
    assert (whole[1].wait, whole[1].best) == (after[1].wait, after[1].best)
    assert whole[2] == after[2]


def test_a_scale_of_losses_metrics_that_are_arrays_and_epochs_without_validation(
    tmp_path,
):
    def run(epochs, place):
        inner = keras.optimizers.SGD(0.1)
        scaled = keras.optimizers.LossScaleOptimizer(inner, 8.0, 2)
        model = model_of(scaled, metrics=[keras.metrics.R2Score(None)])
        how = {"validation_data": (X[:8], X[:8]), "validation_freq": 2}
        exact = ExactCheckpoint(tmp_path / place)
        return model, trained(model, exact, epochs, **how).history

    whole, after = run(4, "whole"), (run(3, "run"), run(4, "run"))[1]
    same(whole[0], after[0])
    assert whole[0].optimizer.dynamic_scale == 8 * 2**6
    assert whole[1].keys() == after[1].keys()
    for name, values in whole[1].items():
        assert len(values) == (2 if name.startswith("val_") else 4)
        np.testing.assert_array_equal(np.stack(values), np.stack(after[1][name]))


def test_what_another_backend_wrote_is_gone_on_with_and_it_is_said(tmp_path):
    trained(model_of("adam"), ExactCheckpoint(tmp_path), 1)
    checkpoints = Checkpoints(tmp_path)
    saved = checkpoints.latest(2**26).snapshot
    for name, array in saved.training.items():
        if array.dtype.kind in "iu":  # seeds, and steps of the optimizer
            saved.training[name] = array.astype("int64")
    checkpoints.save(saved, versions={"backend": "another", "keras": "[red]"})
    exact = ExactCheckpoint(tmp_path)
    said = "Not exactly as before: backend another then, [a-z]* now.$"
    with pytest.warns(UserWarning, match=said):
        assert trained(model_of("adam"), exact, 2).epoch == [0, 1]


def test_a_training_that_has_ended_early_is_not_gone_on_with(tmp_path):
    def run(patience):
        model = model_of(keras.optimizers.Adam(use_ema=True))
        early = keras.callbacks.EarlyStopping(
            "loss", 10.0, patience, restore_best_weights=True
        )
        exact = ExactCheckpoint(tmp_path, callbacks=[early])
        history = trained(model, exact, 5, [early])
        return model, history

    first, again = run(1), run(1)
    assert first[1].epoch == again[1].epoch == [0, 1]
    assert first[1].history == again[1].history
    same(first[0], again[0])
    assert len(run(2)[1].epoch) == 3  # more patience is another training


@pytest.mark.parametrize("again", [False, True])
def test_callbacks_and_epochs_in_another_order_are_refused(tmp_path, again):
    model = model_of("sgd")
    early = keras.callbacks.EarlyStopping("loss")
    exact = ExactCheckpoint(tmp_path / "not" / "there", callbacks=[early])
    if again:
        trained(model, exact, 1, [early])
        with pytest.raises(InputError, match="training begins elsewhere"):
            model.fit(X, X, epochs=2, verbose=0, callbacks=[early, exact])
    with pytest.raises(InputError, match="a callback comes too late"):
        model.fit(X, X, epochs=2, verbose=0, callbacks=[exact, early])


def test_a_folder_that_cannot_be_is_refused_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    seen = []
    watching = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: seen.append(1))
    exact = ExactCheckpoint(tmp_path / "file" / "checkpoints")
    with pytest.raises(InputError, match="nothing can be written there"):
        trained(model_of("sgd"), exact, 1, [watching])
    assert seen == []


def test_one_training_at_a_time_writes_and_an_interrupted_one_is_none(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    first, second = (ExactCheckpoint(tmp_path / "c") for _ in range(2))
    stopping = keras.callbacks.LambdaCallback(on_epoch_begin=stop)
    with pytest.raises(KeyboardInterrupt):
        trained(model_of("sgd"), first, 1, [stopping])
    trained(model_of("sgd"), second, 1)
    lock = locked(tmp_path / "c")  # as another process does
    with pytest.raises(InputError, match="another process trains here"):
        trained(model_of("sgd"), second, 2)
    let_go(lock)


def test_what_a_callback_holds_and_no_checkpoint_keeps_is_named(tmp_path):
    class Noting(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.best, self.said = 0.5, []

        def on_epoch_end(self, epoch, logs=None):
            self.said.append(f"epoch {epoch}")

    callback = Noting()
    assert CallbackStates([callback]).unkept() == []
    exact = ExactCheckpoint(tmp_path, callbacks=[callback])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trained(model_of("sgd"), exact, 2, [callback])
    told = [str(one.message) for one in said if "kept" in str(one.message)]
    assert told == ["Noting.said is not kept in a checkpoint"]
