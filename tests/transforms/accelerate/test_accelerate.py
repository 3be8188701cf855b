"""Same object, same file, same numbers: whatever is done with the model afterwards."""

import copy
import pickle
import zipfile

import h5py
import keras
import numpy as np
import pytest
from gradients import gradients, outputs

import keras_residual as kr

from .models import JAX, TORCH, agree, alike, pictures, small, twin, unsettled


def compiled(model, rate=0.05):
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def contents(path):
    """Returns a saved model's config, and every weight by its place in the file."""
    with zipfile.ZipFile(path) as file:
        config = file.read("config.json")
        with file.open("model.weights.h5") as weights, h5py.File(weights) as h5:
            found = {}
            h5.visititems(
                lambda name, item: (
                    found.update({name: item[()]})
                    if isinstance(item, h5py.Dataset)
                    else None
                )
            )
    return config, found


def test_the_model_stays_itself(tmp_path):
    model = unsettled(small())
    config = model.get_config()
    model.save(tmp_path / "before.keras")
    done = kr.accelerate(model)
    assert done.model is model
    assert done.changes
    kinds = {left.kind for left in done.left}
    assert kinds == ({"BatchNormalization"} if JAX else set())
    assert model.get_config() == config
    model.save(tmp_path / "after.keras")
    (config, before), (again, after) = (
        contents(tmp_path / f"{name}.keras") for name in ("before", "after")
    )
    assert config == again
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value)


@pytest.mark.parametrize(
    "copied",
    [
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),  # noqa: S301 - our own
        keras.models.clone_model,
    ],
)
def test_a_copy_is_plain(copied):
    model = small()
    kr.accelerate(model)
    other = copied(model)
    assert not any("call" in vars(layer) for layer in other.layers)
    other.set_weights(model.get_weights())
    agree(model, other)


@pytest.mark.parametrize("training", [False, True])
def test_gradients_are_the_same(training):
    model = unsettled(small())
    plain = twin(model)
    kr.accelerate(model)
    x = pictures()
    direction = np.random.default_rng(2).standard_normal((6, 4)).astype("float32")
    _, expected = gradients(plain, x, direction, training=training)
    _, found = gradients(model, x, direction, training=training)
    largest = max(np.abs(each).max() for each in expected)
    for ours, theirs in zip(found, expected, strict=True):
        scale = max(np.abs(theirs).max(), 1e-2 * largest)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * scale)


def test_training_evaluating_and_predicting_are_the_same():
    model = unsettled(small())
    plain = compiled(twin(model), rate=1e-3)
    kr.accelerate(compiled(model, rate=1e-3))
    x, y = pictures(16), np.arange(16) % 4
    for each in (model, plain):
        each.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        alike(ours, theirs, 1e-4)
    alike(model.predict(x, verbose=0), plain.predict(x, verbose=0), 1e-3)
    ours, theirs = (each.evaluate(x, y, verbose=0)[0] for each in (model, plain))
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_what_was_traced_before_is_traced_anew():
    model = compiled(small())
    x, y = pictures(8), np.arange(8) % 4
    model.fit(x, y, verbose=0)
    model.predict(x, verbose=0)
    done = kr.accelerate(model)
    assert model.train_function is None
    assert model.predict_function is None
    layer = model.get_layer(
        next(c.path for c in done.changes if "norm" in c.path or JAX)
    )
    ours, calls = vars(layer)["call"], []
    vars(layer)["call"] = lambda *a, **k: calls.append(1) or ours(*a, **k)
    model.fit(x, y, verbose=0)
    assert calls


def test_restoring_gives_back_the_same_bits():
    model = unsettled(small())
    x = pictures()
    before = outputs(model, x, training=False)
    kr.accelerate(model)
    kr.restore(model)
    assert not any("call" in vars(layer) for layer in (model, *model.layers))
    np.testing.assert_array_equal(outputs(model, x, training=False), before)
    kr.restore(model)


def test_doing_it_twice_is_doing_it_once():
    model = small()
    first = kr.accelerate(model)
    second = kr.accelerate(model)
    assert first.changes == second.changes
    agree(model, twin(model))


def test_new_weights_are_seen(tmp_path):
    """A kernel that was laid out for the kernels of the backend is never stale."""
    model = unsettled(small())
    kr.accelerate(model)
    x = pictures()
    outputs(model, x, training=False)
    other = unsettled(small(), seed=7)
    model.set_weights(other.get_weights())
    agree(model, other)
    third = unsettled(small(), seed=8)
    third.save_weights(tmp_path / "w.weights.h5")
    model.load_weights(tmp_path / "w.weights.h5")
    agree(model, third)
    compiled(model, rate=0.5).fit(x, np.arange(6) % 4, verbose=0)
    agree(model, twin(model))


@pytest.mark.skipif(not TORCH, reason="other backends have no tensor to write into")
def test_weights_written_behind_kerass_back_are_seen():
    import torch

    model = unsettled(small())
    kr.accelerate(model)
    x = keras.ops.convert_to_tensor(pictures())  # where the model is
    with torch.inference_mode():
        model(x, training=False)
        for weight in model.trainable_variables[:6]:
            weight.value.data.mul_(1.5)
        found = model(x, training=False)
    found = keras.ops.convert_to_numpy(found)
    alike(found, outputs(twin(model), pictures(), training=False))


def test_a_feature_tap_made_later_is_right():
    model = unsettled(small())
    plain = twin(model)
    kr.accelerate(model)
    for name in ("stage1_block1_branch_norm1", "stage2_block1_branch_conv1"):
        ours, theirs = (
            keras.Model(each.input, each.get_layer(name).output)
            for each in (model, plain)
        )
        alike(*(outputs(each, pictures(), training=False) for each in (ours, theirs)))


def test_freezing_afterwards_is_seen():
    model = unsettled(small())
    kr.accelerate(model)
    model.trainable = False
    before = model.get_weights()
    outputs(model, pictures(), training=True)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_subclassed_model_is_tried_on_given_inputs():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = keras.layers.Conv2D(3, 1)
            self.norm = keras.layers.BatchNormalization()

        def call(self, x, training=None):
            return self.norm(self.conv(x), training=training)

    model, x = Own(), pictures(2)
    with pytest.raises(ValueError, match=r"model\.build"):
        kr.accelerate(model)
    before = keras.ops.convert_to_numpy(model(x, training=False))
    done = kr.accelerate(model, inputs=[x])
    assert done.changes
    alike(keras.ops.convert_to_numpy(model(x, training=False)), before)


@pytest.mark.parametrize("form", [lambda x: {"tokens": x}, lambda x: x, lambda x: None])
def test_what_reads_words_or_tokens_is_compared_with_what_rounding_makes(form):
    # A bias before a norm has a gradient of nothing but rounding.
    keras.utils.set_random_seed(2)
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(9, 4)(tokens)
    for _ in range(2):
        x = keras.layers.Conv1D(4, 1)(x)
        x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    masked = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    mean = keras.layers.GlobalAveragePooling1D()(masked)  # of no token: not a number
    mean = keras.layers.BatchNormalization()(mean)
    model = keras.Model(tokens, keras.layers.Concatenate()([x, mean]))
    before = model.get_weights()
    inputs = form(np.random.default_rng(2).integers(0, 9, (6, 6)))
    done = kr.accelerate(model, inputs=inputs)
    assert done.changes or JAX
    for weight, value in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize("wrong", ["always", "in training"])
def test_a_wrong_kernel_is_refused_and_taken_back(wrong, monkeypatch):
    from keras_residual._keras import trains
    from keras_residual.transforms.accelerate import accelerating

    class Wrong(type(accelerating._patches(small(), "training"))):
        def install(self):
            super().install()
            layer = self.model.layers[-1]

            def call(x, **more):
                factor = 1.001 if wrong == "always" or trains() else 1.0
                return type(layer).call(layer, x, **more) * factor

            self.replace(layer, "call", call)

    monkeypatch.setattr(accelerating, "_patches", Wrong)
    model = unsettled(small())
    before = outputs(model, pictures(), training=False)
    where = "output" if wrong == "always" else "outputs in training"
    with pytest.raises(ValueError, match=f'computes something else.*\n.*"{where}'):
        kr.accelerate(model)
    assert not any("call" in vars(layer) for layer in (model, *model.layers))
    np.testing.assert_array_equal(outputs(model, pictures(), training=False), before)


def test_the_trial_leaves_every_variable_as_it_was():
    model = unsettled(small(drop_path=kr.drop_path(0.5, seed=3)))
    before = [keras.ops.convert_to_numpy(v) for v in model.variables]
    kr.accelerate(model)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)
