"""The files of a run as a stranger may have written them."""

import json
import os
import random

import pytest
from damage import damaged

from keras_residual.train import InputError, Recipe
from keras_residual.train.recipe import to_json
from keras_residual.train.run_folder import COLUMNS, RunFolder

RECIPE = {
    "recipe": Recipe().to_dict(),
    "data": {"classes": ["a", "b"], "shape": [8, 8, 1], "sha256": "0"},
    "versions": {"backend": "jax"},
}
ROW = dict.fromkeys(COLUMNS, 0.25)
HEAD = ",".join(COLUMNS)


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def refusal(read) -> str:
    with pytest.raises(InputError) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("recipe", [], "recipe is no table"),
        ("recipe", {"task": []}, "task is []"),
        ("recipe", {"task": "ranking"}, "not one of classification, regression"),
        ("data", "x", "data is no table"),
        ("data", {"classes": "ab"}, "classes"),
        ("data", {"classes": [1]}, "classes"),
        ("data", {"sha256": 3}, "fingerprint"),
        ("data", {"shape": float("nan")}, "NaN"),
        ("data", {"name": "\ud800"}, "surrogates"),
        ("versions", {"backend": []}, "backend"),
    ],
)
def test_a_recipe_of_other_types_is_refused(folder, part, value, said):
    folder.recipe.write_text(json.dumps({**RECIPE, part: value}))
    assert said in refusal(folder.read_recipe)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "recursion"),
        (f'{{"recipe": {"9" * 5000}}}', "digits"),
        (" " * (2**24 + 1), "bytes"),
    ],
)
def test_a_recipe_that_stands_for_work_is_refused(folder, text, said):
    folder.recipe.write_text(text)
    assert said in refusal(folder.read_recipe)


def test_a_recipe_that_is_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder.recipe)
    assert "a pipe" in refusal(folder.read_recipe)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", "12"),
        ("epochs", 1.5),
        ("epochs", True),
        ("epochs", 10**400),
        ("learning_rate", 10**400),
        ("seed", None),
        ("parts", []),
        ("data", 3),
        ("skip_bad", "yes"),
        ("task", "ranking"),
        ("task", []),
    ],
)
def test_a_field_of_another_type_is_named(name, value):
    values = {**Recipe().to_dict(), name: value}
    assert name in refusal(lambda: Recipe.from_dict(values))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,nan,1,1,1,1,1", "row 1, loss: nan"),
        ("1,1,1,inf,1,1,1", "row 1, val_loss: inf"),
        ("-1,1,1,1,1,1,1", "row 1 is of epoch -1"),
        ("1,1,1,1,1,1,1\n1,1,1,1,1,1,1", "row 2 is of epoch 1"),
        ("1,1,1", "row 1 has no val_loss"),
        ('1,"1,1', "unexpected end of data"),
        ("9" * 200_000, "field larger"),
    ],
)
def test_a_history_that_cannot_have_been_is_refused(folder, rows, said):
    folder.recipe.write_text(to_json(RECIPE))
    folder.history.write_text(f"{HEAD}\n{rows}\n")
    assert said in refusal(folder.read_history)


def test_a_thousand_damaged_recipes_and_histories(folder):
    """Each is read, or refused by our error with its path."""
    chance = random.Random(0)  # noqa: S311 - repeatable
    folder.write_history([ROW | {"epoch": at} for at in (1.0, 2.0, 3.0)])
    wholes = [to_json(RECIPE).encode(), folder.history.read_bytes()]
    readers = [
        lambda: Recipe.from_dict(folder.read_recipe()["recipe"]),
        folder.read_history,
    ]
    read_ = refused = 0
    for path, whole, read in zip(
        [folder.recipe, folder.history], wholes, readers, strict=True
    ):
        for _ in range(1000):
            path.write_bytes(damaged(whole, chance))
            try:
                read()
            except InputError as error:
                refused += "Write:" in str(error)
            else:
                read_ += 1
        path.write_bytes(whole)
    assert read_ + refused == 2000
    assert refused > 1000
