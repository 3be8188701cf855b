import csv
import json
from pathlib import Path

import numpy as np
import pytest
from small_data import make_arrays

from keras_residual.train import Comparison, InputError, Recipe, compare
from keras_residual.train.comparison import Twin


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    place = tmp_path_factory.mktemp("compare")
    data = make_arrays(place / "a.npz", count=32)
    recipe = Recipe(data=str(data), epochs=1, batch_size=29, parts={"zero_init": False})
    return compare(recipe, place / "out", depths=[8], seeds=[3])


def test_each_depth_trains_a_residual_network_and_its_plain_twin(found):
    runs = [(twin.depth, twin.seed, twin.kind) for twin in found.twins]
    assert runs == [(8, 3, "residual"), (8, 3, "plain")]


def test_the_score_of_a_depth_is_the_mean_over_its_seeds():
    rest = {"training_loss": 0.0, "parameters": 1, "seconds": 0.0}
    twins = [
        Twin(depth=depth, kind=kind, seed=seed, score=score, **rest)
        for depth, kind, seed, score in [
            (8, "plain", 0, 0.25),
            (8, "plain", 1, 0.75),
            (8, "residual", 0, 1.0),
            (20, "plain", 0, 0.0),
        ]
    ]
    assert Comparison(Path(), tuple(twins)).score(8, "plain") == 0.5


def test_twins_differ_in_their_shortcuts_only(found):
    names = ["resnet8-residual-3", "resnet8-plain-3"]
    recipes = [
        json.loads((found.folder / name / "recipe.json").read_text()) for name in names
    ]
    assert recipes[0]["recipe"].pop("parts") == {"zero_init": False}
    assert recipes[1]["recipe"].pop("parts") == {"zero_init": False, "shortcut": "none"}
    assert recipes[0] == recipes[1]


def test_the_tables_hold_what_the_runs_reached(found):
    with (found.folder / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    written = json.loads((found.folder / "compare.json").read_text())["twins"]
    for row, entry, twin in zip(rows, written, found.twins, strict=True):
        assert float(row["accuracy"]) == entry["accuracy"] == twin.score


def test_the_pictures_are_written(found):
    assert (found.folder / "compare.png").read_bytes()[:4] == b"\x89PNG"
    page = (found.folder / "compare.html").read_text(encoding="utf-8")
    assert page.count("<tr>") == 3


def test_a_regression_is_told_in_the_targets_own_units_as_well(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 255, (32, 8, 8, 1)).astype("uint8")
    labels = 1000.0 * values.mean((1, 2, 3))
    np.savez(tmp_path / "r.npz", x=values, y=labels)
    recipe = Recipe(data=str(tmp_path / "r.npz"), task="regression", epochs=1)
    found = compare(recipe, tmp_path / "out", depths=[8])
    written = json.loads((tmp_path / "out" / "compare.json").read_text())["twins"]
    for row, twin in zip(written, found.twins, strict=True):
        history = tmp_path / "out" / f"resnet8-{twin.kind}-0" / "history.csv"
        last = list(csv.DictReader(history.read_text().splitlines()))[-1]
        assert row["mae"] == twin.mae == pytest.approx(float(last["val_mae"]), rel=1e-4)
        assert twin.mae > 1000  # not in deviations
    assert "mae" in (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")


def test_a_table_is_told_which_command_takes_it(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "t.npz", x=rng.normal(size=(40, 4)), y=np.arange(40) % 2)
    with pytest.raises(InputError, match="does not take this data") as caught:
        compare(Recipe(data=str(tmp_path / "t.npz")), tmp_path / "out", depths=[8])
    assert "keras-residual train --model tabular_resnet" in caught.value.option
    assert not (tmp_path / "out").exists()


def test_a_depth_without_a_model_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="resnet9"):
        compare(Recipe(), tmp_path / "out", depths=[8, 9])
    assert not (tmp_path / "out").exists()
