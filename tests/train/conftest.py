import keras
import pytest
from killed import recipe_for, small_tables
from small_data import make_pictures

from keras_residual.train import Recipe, fit


@pytest.fixture
def pictures(tmp_path):
    return make_pictures(tmp_path / "pictures")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run of two epochs on a folder of pictures; tests read it, none changes it."""
    place = tmp_path_factory.mktemp("finished")
    folder = make_pictures(place / "<red> & blue")
    recipe = Recipe(data=str(folder), epochs=2, batch_size=24, validation=0.25)
    return fit(recipe, place / "run")


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The run that nobody stopped, and its recipe."""
    folder = tmp_path_factory.mktemp("whole")
    recipe = recipe_for(folder)
    keras.utils.clear_session()
    with small_tables():
        return fit(recipe, folder / "run").folder, recipe


@pytest.fixture(scope="module")
def in_small():
    """The networks of a module's tables are small, as that of `whole`."""
    with small_tables():
        yield
