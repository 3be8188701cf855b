import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from browsing import watched
from killed import KilledError, at, kill
from small_data import make_arrays

from keras_residual.train import (
    Comparison,
    InputError,
    Recipe,
    Run,
    compare,
    comparison,
)
from keras_residual.train.report.compared import _figure, write_comparison
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.twins import Twin, Worth


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    data = make_arrays(tmp_path_factory.mktemp("data") / "a.npz", count=32)
    return Recipe(data=str(data), epochs=1, batch_size=29, parts={"zero_init": False})


@pytest.fixture(scope="module")
def killed(recipe, tmp_path_factory):
    """A comparison that was killed in the only step of its second run, of two."""
    place = tmp_path_factory.mktemp("compare") / "out"
    with pytest.MonkeyPatch.context() as patched:
        at(patched, "on_train_batch_end", 2, kill, first=True)
        with pytest.raises(KilledError):
            compare(recipe, place, depths=[8], seeds=[3])
    return place, (place / "resnet8-residual-3" / "model.keras").stat().st_mtime_ns


@pytest.fixture(scope="module")
def found(recipe, killed):
    return compare(recipe, killed[0], depths=[8], seeds=[3], resume=True)


def test_what_was_trained_before_a_kill_stays(killed, found):
    kept = found.folder / "resnet8-residual-3" / "model.keras"
    assert kept.stat().st_mtime_ns == killed[1]
    assert not list(found.folder.rglob(".partial-*"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"depths": [8, 20]}, r"depths=\[8, 20\], the comparison has \[8\]"),
        ({"seeds": [4]}, r"seeds=\[4\], the comparison has \[3\]"),
        ({"epochs": 2}, "epochs=2, the comparison has 1"),
        ({"parts": {}}, "parts={}, the comparison has"),
    ],
)
def test_another_plan_is_refused_and_nothing_is_written(recipe, found, given, said):
    before = (found.folder / "plan.json").read_bytes()
    numbers = {"depths": [8], "seeds": [3]}
    numbers |= {name: given[name] for name in given if name in numbers}
    other = {name: given[name] for name in given if name not in numbers}
    with pytest.raises(InputError, match=said):
        compare(replace(recipe, **other), found.folder, **numbers, resume=True)
    assert (found.folder / "plan.json").read_bytes() == before


def test_a_seed_that_is_out_of_range_is_refused_before_anything_is_trained(
    recipe, tmp_path, monkeypatch
):
    monkeypatch.delattr(comparison, "fit_recipe")
    with pytest.raises(InputError, match="seed"):
        compare(recipe, tmp_path / "out", depths=[8], seeds=[0, 2**40])


def test_data_that_changes_between_two_runs_is_refused_by_name(
    recipe, tmp_path, monkeypatch
):
    seen = []

    def fit_recipe(recipe, out, *, console, ready):
        ready(SimpleNamespace(fingerprint=f"{len(seen)}".zfill(64)))
        seen.append(out.name)
        row = {"loss": 0.0, "val_accuracy": 1.0}
        return Run(out, recipe, (row | {"seconds": 0.0},), 1)

    monkeypatch.setattr(comparison, "fit_recipe", fit_recipe)
    with pytest.raises(InputError, match="resnet8-plain-0 would learn from other data"):
        compare(recipe, tmp_path / "out", depths=[8])
    assert seen == ["resnet8-residual-0"]


def test_two_runs_that_learned_from_other_data_are_not_compared(
    recipe, found, tmp_path
):
    shutil.copytree(found.folder, tmp_path / "out")
    folder = RunFolder(tmp_path / "out" / "resnet8-plain-3")
    contents = folder.read_recipe()
    folder.write_recipe(contents | {"data": contents["data"] | {"sha256": "0" * 64}})
    with pytest.raises(InputError, match="plain-3 would learn from other data"):
        compare(recipe, tmp_path / "out", depths=[8], seeds=[3], resume=True)


def test_each_depth_trains_a_residual_network_and_its_plain_twin(found):
    runs = [(twin.depth, twin.seed, twin.kind) for twin in found.twins]
    assert runs == [(8, 3, "residual"), (8, 3, "plain")]


def of_two_seeds():
    rest = {"training_loss": 0.0, "parameters": 1, "seconds": 0.0}
    twins = [
        Twin(depth=depth, kind=kind, seed=seed, score=score, **rest)
        for depth, seed, kind, score in [
            (8, 0, "residual", 0.5),
            (8, 0, "plain", 0.75),
            (8, 1, "residual", 1.0),
            (8, 1, "plain", 0.25),
            (20, 1, "plain", 0.25),
            (20, 1, "residual", 0.5),
        ]
    ]
    return Comparison(Path("out"), tuple(twins))


def test_the_skip_is_worth_what_twins_of_one_seed_differ_by():
    found = of_two_seeds()
    assert found.worth(8) == Worth((-0.25, 0.75))
    assert found.worth(8).said(".2f") == "+0.25 [-0.25, +0.75]"
    assert found.worth(20).said(".2f") == "+0.25"
    assert found.caution == ""


def test_one_seed_is_cautioned_about(found):
    assert "--seeds 0,1,2" in found.caution
    page = (found.folder / "compare.html").read_text(encoding="utf-8")
    assert found.caution in page
    assert "the skip is worth [" not in page


def test_the_page_says_what_was_compared_and_how_far_seeds_spread(tmp_path):
    write_comparison(RunFolder(tmp_path), of_two_seeds(), Recipe(data="digits"))
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    for said in ("<dd>digits</dd>", "<dd>0, 1</dd>", "+0.250 [-0.250, +0.750]"):
        assert said in page
    bars = _figure(of_two_seeds()).data[0].error_y
    assert bars.array[0] == bars.arrayminus[0] == 0.25


def test_twins_of_one_depth_stand_beside_each_other(tmp_path):
    found = replace(of_two_seeds(), twins=of_two_seeds().twins[:4])
    shown = _figure(found)
    assert [one.x[0] for one in shown.data] == [*["residual"] * 2, *["plain"] * 2]
    assert shown.layout.xaxis.title.text == "8 layers"


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1400])
def test_the_page_fits_its_window_and_shows_the_legend_apart_from_the_title(
    tmp_path, browser, width
):
    write_comparison(RunFolder(tmp_path), of_two_seeds(), Recipe(data="digits"))
    size = {"width": width, "height": 900}
    with watched(browser, tmp_path / "compare.html", viewport=size) as view:
        view.wait_for_selector("[data-figure='depths'] .scatterlayer .trace")
        assert view.evaluate("document.documentElement.scrollWidth") == width
        title = view.locator(".gtitle").bounding_box()
        legend = view.locator(".legend .bg").bounding_box()
        right = title["x"] + title["width"]
        below = title["y"] + title["height"]
        assert legend["x"] >= right or legend["y"] >= below
        assert legend["x"] + legend["width"] <= width
        labels = [box.bounding_box() for box in view.locator(".xtitle").all()]
        assert all(legend["y"] >= b["y"] + b["height"] - 2 for b in labels) or (
            width > 480
        )
        table, curves = [box.bounding_box() for box in view.locator(".card").all()[:2]]
        assert curves["y"] - table["y"] - table["height"] > 8, "the cards touch"


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
    assert page.count("<tr>") == 2 + 3


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
    with pytest.raises(InputError, match="no network of 9 layers"):
        compare(Recipe(), tmp_path / "out", depths=[8, 9])
    assert not (tmp_path / "out").exists()
