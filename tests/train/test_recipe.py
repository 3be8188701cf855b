import json

import pytest

from keras_residual.train import InputError, Recipe
from keras_residual.train.recipe import paced, versions


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("weight_decay", -1e-4),
        ("validation", 0.0),
        ("validation", 1.0),
        ("seed", -1),
        ("seed", 2**32),
        ("image_size", 4),
        ("augment", "mixup"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_rule(name, value):
    with pytest.raises(InputError) as caught:
        Recipe(**{name: value})
    message = str(caught.value)
    assert f"{name}={value!r}" in message
    assert f"`{name}` is" in message
    assert f"{name}=" in message


def test_a_recipe_survives_json():
    recipe = Recipe(data="digits", parts={"shortcut": "none"}, epochs=3, seed=7)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_a_field_of_another_version_is_refused_by_name():
    with pytest.raises(InputError, match="mixup"):
        Recipe.from_dict({**Recipe().to_dict(), "mixup": 0.2})


def test_versions_name_all_that_the_numbers_depend_on():
    found = versions("tensorflow")
    assert {"python", "backend", "keras", "numpy", "machine"} <= set(found)


@pytest.mark.parametrize(
    ("rows", "pace"),
    [
        (None, (128, 0.2)),
        (54, (16, 0.05)),
        (400, (16, 0.05)),
        (540, (32, 0.05)),
        (4_500, (128, 0.05)),
    ],
)
def test_a_small_table_gets_more_and_smaller_steps_and_pictures_what_they_had(
    rows, pace
):
    recipe = paced(Recipe(), rows)
    assert (recipe.batch_size, recipe.learning_rate) == pace
    own = Recipe(batch_size=7, learning_rate=0.3)
    assert paced(own, rows) == own
