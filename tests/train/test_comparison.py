import csv
import json

import pytest
from small_data import make_arrays

from keras_residual.train import InputError, Recipe, compare


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    place = tmp_path_factory.mktemp("compare")
    data = make_arrays(place / "a.npz", count=32)
    recipe = Recipe(data=str(data), epochs=1, batch_size=29)
    return compare(recipe, place / "out", depths=[8], seeds=[0, 1])


def test_each_depth_and_seed_trains_a_residual_network_and_its_plain_twin(found):
    runs = [(twin.depth, twin.seed, twin.kind) for twin in found.twins]
    assert runs == [
        (8, 0, "residual"),
        (8, 0, "plain"),
        (8, 1, "residual"),
        (8, 1, "plain"),
    ]


def test_twins_differ_in_their_shortcuts_only(found):
    names = ["resnet8-residual-0", "resnet8-plain-0"]
    recipes = [
        json.loads((found.folder / name / "recipe.json").read_text()) for name in names
    ]
    assert recipes[0]["recipe"].pop("parts") == {}
    assert recipes[1]["recipe"].pop("parts") == {"shortcut": "none"}
    assert recipes[0] == recipes[1]


def test_the_tables_hold_what_the_runs_reached(found):
    with (found.folder / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    written = json.loads((found.folder / "compare.json").read_text())["twins"]
    for row, entry, twin in zip(rows, written, found.twins, strict=True):
        assert float(row["accuracy"]) == entry["accuracy"] == twin.accuracy
    both = [twin.accuracy for twin in found.twins if twin.kind == "plain"]
    assert found.accuracy(8, "plain") == pytest.approx(sum(both) / 2)


def test_the_pictures_are_written(found):
    assert (found.folder / "compare.png").read_bytes()[:4] == b"\x89PNG"
    page = (found.folder / "compare.html").read_text(encoding="utf-8")
    assert page.count("<tr>") == 5


def test_a_depth_without_a_model_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="resnet9"):
        compare(Recipe(), tmp_path / "out", depths=[8, 9])
    assert not (tmp_path / "out").exists()
