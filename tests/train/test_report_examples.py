"""Mistakes on the page lead to the data: a file, a row with its cells, a signal."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from keras_residual.train import Recipe
from keras_residual.train.data import load
from keras_residual.train.data.arrays import make_dataset
from keras_residual.train.report.examples import cases


def shown(dataset, number=0):
    return cases([(number, "<b>says</b>", "is so")], dataset)


def test_a_picture_names_its_file(pictures):
    dataset = load(Recipe(data=str(pictures)))
    file = Path(dataset.test.paths[1])
    page = shown(dataset, 1)
    assert f">{file.parent.name}/{file.name}<" in page
    assert "<img" in page
    assert "number" not in page


def test_a_row_shows_its_line_and_its_cells(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"p{k},{rng.normal():.3f},<b>{k % 3},{'ab'[k % 2]}" for k in range(40)]
    file = tmp_path / "table.csv"
    file.write_text("\n".join(["id,size,mark,label", *lines]))
    dataset = load(Recipe(data=str(file)))
    for number in range(len(dataset.test.labels)):
        page = shown(dataset, number)
        line = re.search(r'"where">line (\d+)<', page)
        assert line
        cells = lines[int(line[1]) - 2].split(",")
        told = [unescape(cell) for cell in re.findall(r"<dd>(.*?)</dd>", page)]
        assert told[0] == cells[0]
        assert float(told[1]) == float(cells[1])
        assert told[2] == cells[2]
        assert dataset.classes[dataset.test.labels[number]] == cells[3]


def test_a_wide_row_says_how_much_is_left(tmp_path):
    file = tmp_path / "wide.csv"
    values = np.random.default_rng(0).normal(size=(40, 20))
    rows = [",".join([*map(str, row), "ab"[k % 2]]) for k, row in enumerate(values)]
    file.write_text("\n".join([",".join(f"c{k}" for k in range(21)), *rows]))
    page = shown(load(Recipe(data=str(file))))
    assert page.count("<dd>") == 12
    assert "and 8 more" in page


@pytest.mark.parametrize("steps", [7, 1000])
def test_a_signal_is_drawn_with_its_peaks(steps):
    values = np.random.default_rng(0).normal(size=(20, steps, 2)).astype("float32")
    values[:, steps // 3, 1] = 50
    dataset = make_dataset("s", (values, np.arange(20) % 2), layout="sequence")
    place = dataset.test.origin(1)
    page = shown(dataset, 1)
    assert (dataset.test.batch(np.array([1]))[0] == values[place]).all()
    assert f"index {place}<" in page
    first, second = re.findall(r'points="(.*?)"', page)
    heights = [float(pair.split(",")[1]) for pair in second.split()]
    assert min(heights) == 2.0
    assert sum(height < 10 for height in heights) == 1
    assert min(float(pair.split(",")[1]) for pair in first.split()) > 10
    assert f"{steps:,} steps" in page


def test_an_index_is_of_the_part_that_came_held_out():
    values = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
    pair = values, np.arange(20) % 2
    given = make_dataset("s", pair, (values[:6], pair[1][:6]))
    assert [given.test.origin(k) for k in range(6)] == [*range(6)]
    assert "in the part that came held out" in shown(given)
