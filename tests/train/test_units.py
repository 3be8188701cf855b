"""A watched run keeps readings of its units, and its report draws them."""

import json
import re

import keras
import numpy as np
import pytest

from keras_residual.measures import measure
from keras_residual.train import InputError, Recipe, fit
from keras_residual.train.data import load
from keras_residual.train.report import figures
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.watching import ratios_of_units


def test_readings_are_written_and_drawn(pictures, tmp_path, finished):
    recipe = Recipe(
        data=str(pictures), epochs=2, batch_size=24, validation=0.25, monitor=2
    )
    run = fit(recipe, tmp_path / "run")
    folder = RunFolder(run.folder)
    ratios = ratios_of_units(folder)
    assert list(ratios) == [0, 2, 4]  # two epochs of 48 examples
    held_out = load(recipe).test.batch(np.arange(16))
    table = measure(keras.saving.load_model(folder.model), held_out, columns="ratio")
    last = list(ratios[4].values())
    np.testing.assert_allclose(last, table["ratio"], 1e-4)
    page = folder.report.read_text(encoding="utf-8")
    drawn = re.search(r'id="units">(.*?)</script>', page)
    assert drawn
    heat = json.loads(drawn[1])["data"][0]
    assert heat["y"] == [*ratios[0]]
    axis = json.loads(drawn[1])["layout"]["yaxis"]
    assert axis["tickvals"] == heat["y"]
    assert axis["ticktext"] == ["stage1", "stage2", "stage3"]
    np.testing.assert_allclose([row[-1] for row in heat["customdata"]], last)
    unwatched = RunFolder(finished.folder)
    assert ratios_of_units(unwatched) == {}
    assert "Residual units" not in unwatched.report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("ratios", "told"),
    [
        ((2.0, 3.0), ["2", "3"]),
        ((0.05, 12.0), ["0.05", "1", "12"]),
        ((0.0, 0.5), ["0.001", "0.5"]),
        ((4.0, 4.0), ["4"]),
    ],
)
def test_colours_reach_from_the_smallest_to_the_largest(ratios, told):
    low, high = ratios
    shown = figures.units({0: {"a": low, "b": None}, 4: {"a": high, "b": None}})
    heat = shown.data[0]
    assert list(heat.colorbar.ticktext) == told
    assert heat.z[0][0] == heat.zmin
    assert (heat.z[0][1] == heat.zmax) == (low != high)
    assert list(heat.z[1]) == [None, None]


def test_of_steps_taken_twice_the_later_reading_counts(tmp_path):
    lines = [{"step": s, "ratio": {"a": r}} for s, r in ((0, 1), (4, 2), (0, 3))]
    text = "\n".join(map(json.dumps, lines)) + '\n{"step": 8, "rat'
    (tmp_path / "residual_units.jsonl").write_text(text, encoding="utf-8")
    assert ratios_of_units(RunFolder(tmp_path)) == {0: {"a": 3}, 4: {"a": 2}}


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "3",
        '{"step": 1}',
        '{"step": 1.5, "ratio": {}}',
        '{"step": true, "ratio": {}}',
        '{"step": -1, "ratio": {}}',
        f'{{"step": {10**30}, "ratio": {{}}}}',
        '{"step": 1, "ratio": [1]}',
        '{"step": 1, "ratio": {"a": "much"}}',
        '{"step": 1, "ratio": {"a": NaN}}',
        f'{{"step": 1, "ratio": {{"a": {10**400}}}}}',
        '{"step": 1, "ratio": {"another": 1}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_readings_that_no_run_wrote_are_refused(tmp_path, line):
    text = f'{{"step": 0, "ratio": {{"a": 1}}}}\n{line}\n'
    file = tmp_path / "residual_units.jsonl"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match="the readings are damaged"):
        ratios_of_units(RunFolder(tmp_path))
