"""A picture is the same in every format."""

import re

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from keras_residual.drawing import draw
from keras_residual.drawing.draw import lay_out
from keras_residual.drawing.figure import save
from keras_residual.drawing.sheet import LIGHT, TEXTS, Box, Sheet, Text


def network(name="net $ & net"):
    x = inputs = keras.Input((8,))
    for k in range(4):
        x = layers.Add(name=f"add{k}")([x, layers.Dense(8)(x)])
    return keras.Model(inputs, x, name=name)


VALUES = {"add0": 0.0, "add1": 0.5, "add3": 2.0}


def rgb(colour):
    return tuple(bytes.fromhex(colour[1:]))


@pytest.mark.parametrize(("dpi", "scale"), [(96, 1), (192, 2)])
def test_a_png_is_as_large_as_asked(tmp_path, dpi, scale):
    model = network()
    draw(model, tmp_path / "net.png", dpi=dpi)
    sheet = lay_out(model)
    with Image.open(tmp_path / "net.png") as image:
        assert image.size == (sheet.width * scale, sheet.height * scale)


def test_a_png_has_the_colours_of_the_marks(tmp_path):
    model = network()
    draw(model, tmp_path / "net.png", colour=VALUES, dpi=192)
    with Image.open(tmp_path / "net.png") as image:
        pixels = image.convert("RGB")
    cells = [m for m in lay_out(model, VALUES).marks if isinstance(m, Box) and m.fill]
    assert len({cell.fill for cell in cells}) > 60  # with the legend's
    for cell in cells:
        place = 2 * (cell.x + cell.width / 2), 2 * (cell.y + cell.height / 2)
        assert pixels.getpixel(tuple(map(int, place))) == rgb(cell.fill)
    assert pixels.getpixel((0, 0)) == rgb(LIGHT["sheet"])


def test_a_pdf_is_one_page_with_its_letters_in_it(tmp_path):
    draw(network(), tmp_path / "net.pdf")
    data = (tmp_path / "net.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type /Page\b(?!s)", data)) == 1
    assert b"/FontFile2" in data
    assert b"/Subtype /Image" not in data


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_same_model_makes_the_same_bytes(tmp_path, suffix):
    model = network()
    written = []
    for k in range(2):
        path = tmp_path / f"{k}.{suffix}"
        svg = draw(model, path, colour=VALUES, measure="change")
        written.append((svg, path.read_bytes()))
    assert written[0] == written[1]
    if suffix == "svg":
        assert written[0][0].encode() == written[0][1]


def test_an_upper_case_ending_is_known(tmp_path):
    draw(network(), tmp_path / "NET.PNG")
    with Image.open(tmp_path / "NET.PNG") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize("role", ["text", "name", "times"])
def test_letters_are_as_wide_as_measured(tmp_path, role):
    text = Text(20, 40, "3×3 conv 256 /2 · norm → relu", role)
    save(Sheet("text", 500, 60, (text,)), tmp_path / "text.png", 384)
    with Image.open(tmp_path / "text.png") as image:
        ink = np.asarray(image.convert("L")) < 200
    columns, rows = np.flatnonzero(ink.any(0)) / 4, np.flatnonzero(ink.any(1)) / 4
    left, top, right, bottom = text.bounds
    assert abs(columns.min() - left) < 0.15 * TEXTS[role].size
    assert abs(columns.max() - right) < 0.15 * TEXTS[role].size
    assert top <= rows.min()
    assert rows.max() <= bottom


@pytest.mark.parametrize("path", ["net.jpg", "net", "net.svgz"])
def test_an_unknown_format_is_refused_before_work(tmp_path, path):
    with pytest.raises(ValueError, match=r"endings \.svg, \.png, \.pdf"):
        draw(network(), tmp_path / path)
    assert list(tmp_path.iterdir()) == []
