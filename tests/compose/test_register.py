"""A network of a user's own is built by its name."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.common.errors import KindError
from keras_residual.compose.models import registry
from keras_residual.train import InputError, Recipe, fit


@pytest.fixture(autouse=True)
def table(monkeypatch):
    monkeypatch.setattr(registry, "FAMILIES", dict(registry.FAMILIES))


def small(x, classes, *, width=6):
    x = kr.Residual([kr.norm(), "relu", kr.dense(width)], shortcut="auto")(x)
    return kr.dense(classes or 2)(x)


def test_it_is_built_with_its_own_shape_classes_and_parts():
    assert kr.models.register("small", input_shape=(4,))(small) is small
    assert kr.models.names()[-1] == "small"
    model = kr.models.build("small")
    assert (model.name, model.input_shape, model.output_shape) == (
        "small",
        (None, 4),
        (None, 2),
    )
    other = kr.models.build("small", input_shape=(5,), classes=3, width=7)
    assert (other.input_shape, other.output_shape) == ((None, 5), (None, 3))
    assert len(kr.find_residuals(other)) == 1


def test_it_is_trained_by_its_name(tmp_path):
    kr.models.register("small", input_shape=(4,))(small)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 4))
    np.savez(tmp_path / "data.npz", x=x, y=(x[:, 0] > 0).astype(int))
    recipe = Recipe(data=str(tmp_path / "data.npz"), model="small", epochs=1)
    run = fit(recipe, tmp_path / "run")
    assert run.recipe.model == "small"
    assert len(kr.find_residuals(keras.saving.load_model(run.folder / "model.keras")))
    with pytest.raises(InputError, match=r"registered with `kr\.models\.register`"):
        fit(Recipe(data=recipe.data, model="smaller"), tmp_path / "other")


def test_whose_fault_it_is_is_said_in_training_too(tmp_path):
    kr.models.register("small", input_shape=(4,))(lambda x, classes: None)
    np.savez(tmp_path / "data.npz", x=np.eye(64, 4), y=np.arange(64) % 2)
    recipe = Recipe(data=str(tmp_path / "data.npz"), model="small", epochs=1)
    with pytest.raises(KindError, match=r"made no outputs\."):
        fit(recipe, tmp_path / "run")


def test_it_may_be_registered_again():
    kr.models.register("small", input_shape=(4,))(small)
    kr.models.register("small", input_shape=(9,))(small)
    assert kr.models.build("small").input_shape == (None, 9)
    assert kr.models.names().count("small") == 1


def test_what_it_does_not_take_is_refused():
    kr.models.register("small", input_shape=(4,))(small)
    kr.models.register("bare", input_shape=(4,))(lambda x, classes: x)
    with pytest.raises(ValueError, match=r"has no part 'norm'\.\nIt takes width, and"):
        kr.models.build("small", norm="layer")
    with pytest.raises(ValueError, match=r"It takes none, and"):
        kr.models.build("bare", norm="layer")


@pytest.mark.parametrize("made", [None, "x", [], 3])
def test_a_network_without_outputs_is_refused(made):
    kr.models.register("small", input_shape=(4,))(lambda x, classes: made)
    with pytest.raises(TypeError, match=r"made no outputs\.\n  given  it returned"):
        kr.models.build("small")


@pytest.mark.parametrize("name", ["resnet20", "tabular_resnet", ""])
def test_a_name_that_is_not_free_is_refused(name):
    with pytest.raises(ValueError, match=r'Write:   @kr.models.register\("my_'):
        kr.models.register(name, input_shape=(4,))


@pytest.mark.parametrize("network", [3, lambda x: x, lambda x, classes, depth: x])
def test_what_is_no_network_is_refused(network):
    with pytest.raises(TypeError, match="this is no network"):
        kr.models.register("small", input_shape=(4,))(network)


def test_a_forgotten_shape_is_asked_for():
    with pytest.raises(TypeError, match="register: missing a required"):
        kr.models.register("small")
    with pytest.raises(TypeError, match="`input_shape` takes a shape"):
        kr.models.register("small", input_shape=4)
