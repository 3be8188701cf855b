"""Folders and pictures that are not what they look like at first."""

import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from readings import glyphs, read, refusal, said, save, seen


def folder(root, *classes, suffix=".png"):
    """Writes the same few pictures into folders below another one."""
    for at, name in enumerate(classes):
        for number, glyph in glyphs(4):
            picture = Image.fromarray((glyph * (200 - at) + number).astype("uint8"))
            save(root / name / f"{number}{suffix}", picture)
    return root


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train-set", "test-set"),
        ("1_train", "2_val"),
        ("images_train", "images_test"),
        ("TrainSet", "TestSet"),
        ("train2017", "val2017"),
        ("seg_train", "seg_test"),
    ],
)
def test_parts_are_known_by_other_names(tmp_path, train, test):
    parts = [f"{part}/{name}" for part in (train, test) for name in "ab"]
    dataset = read(folder(tmp_path, *parts))
    assert dataset.classes == ("a", "b")
    assert f"{train} to learn from, {test} held out".lower() in said(dataset)


def test_folders_that_all_hold_the_same_folders_are_asked(tmp_path):
    parts = [f"{year}/{name}" for year in ("2021", "2022") for name in "ab"]
    asked = refusal(folder(tmp_path, *parts))
    assert "2021 and 2022, each with a and b in it" in asked
    assert read(tmp_path, task="classification").classes == ("2021", "2022")
    assert read(tmp_path / "2021").classes == ("a", "b")


@pytest.mark.parametrize("names", [("train station", "test tube"), ("train", "bus")])
def test_classes_may_bear_words_of_parts(tmp_path, names):
    assert set(read(folder(tmp_path, *names)).classes) == set(names)


@pytest.mark.parametrize("inner", ["data", "archive/images"])
def test_an_only_folder_is_gone_into_and_said(tmp_path, inner):
    plain = folder(tmp_path / "plain", f"{inner}/cat", f"{inner}/dog")
    assert read(plain).classes == ("cat", "dog")
    assert f"the folder {inner} in it is read" in said(read(plain))
    parts = [f"{inner}/{part}/{one}" for part in ("train", "test") for one in "ab"]
    dataset = read(folder(tmp_path / "split", *parts))
    assert (dataset.classes, len(dataset.test.labels)) == (("a", "b"), 8)


def test_a_folder_inside_is_named_where_others_lie_beside(tmp_path):
    root = folder(tmp_path, "images/cat", "images/dog")
    (root / "labels").mkdir()
    assert f"--data {root / 'images'}" in refusal(root)


def test_pieces_of_a_split_are_no_classes(tmp_path):
    pieces = [f"fold{number}/{name}" for number in (1, 2) for name in "ab"]
    assert "no part to learn from" in refusal(folder(tmp_path / "a", *pieces))
    parts = [f"{part}/{name}" for part in ("test", "val") for name in "ab"]
    assert "no part to learn from" in refusal(folder(tmp_path / "b", *parts))


def test_parts_of_each_class_are_no_classes(tmp_path):
    names = [f"{name}_{part}" for name in "AB" for part in ("train", "test")]
    assert "are parts of a split" in refusal(folder(tmp_path, *names))


@pytest.mark.parametrize(
    ("suffixes", "sizes", "is_said"),
    [
        ((".png", ".bmp"), (8, 8), "the name's ending tells the class of 100%"),
        ((".png", ".png"), (8, 12), "the size in pixels tells the class of 100%"),
        ((".png", ".png"), (8, 8), None),
    ],
)
def test_a_class_that_its_files_tell_is_said(tmp_path, suffixes, sizes, is_said):
    for at, (suffix, size) in enumerate(zip(suffixes, sizes, strict=True)):
        for number in range(6):
            picture = Image.new("L", (size, size), 20 * number + 7 * at)
            save(tmp_path / "ab"[at] / f"{number}{suffix}", picture)
    text = said(read(tmp_path))
    assert is_said in text if is_said else "tells the class" not in text
    assert "another class" not in text


@pytest.mark.parametrize(
    ("paint", "is_said"),
    [
        (lambda p: p.convert("RGB"), None),  # shows the same as a grey one
        (lambda p: p.convert("RGB").quantize(16), None),
        (lambda p: ImageOps.colorize(p, "red", "blue"), "such as grey and in colour"),
        (lambda p: Image.merge("LA", [p, p]), "such as grey and transparent"),
    ],
    ids=["stored in colour", "a palette", "in colour", "transparent"],
)
def test_a_class_that_alone_has_colours_is_said(tmp_path, paint, is_said):
    for number, glyph in glyphs():
        picture = Image.fromarray((glyph * 180 + 3 * number).astype("uint8"))
        name = "ab"[number % 2]
        shown = paint(picture) if name == "b" else picture
        save(tmp_path / name / f"{number}.png", shown)
    text = said(read(tmp_path))
    assert is_said in text if is_said else "tells the class" not in text


def test_one_picture_in_two_classes_is_said(tmp_path):
    for number in range(6):
        for name in "ab":
            shade = 20 * number + 7 * (name == "b" and number > 1)
            save(tmp_path / name / f"{number}.png", Image.new("L", (8, 8), shade))
    assert "4 pictures have the same pixels as one of another" in said(read(tmp_path))


@pytest.mark.parametrize("suffix", [".tif", ".avif", ".heic"])
def test_other_formats_are_told_how_to_be_read(tmp_path, suffix):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / f"1{suffix}").write_bytes(b"any")
    text = refusal(tmp_path)
    assert f"2 {suffix}" in text
    assert f"Image.open('1{suffix}').save('1.png')" in text
    assert ("pillow_heif" in text) == (suffix == ".heic")


def test_a_pixel_that_shines_does_not_take_the_range(tmp_path):
    for number, glyph in glyphs():
        values = (glyph * 180 + np.arange(12)).astype("uint16")
        values = np.kron(values, np.ones((4, 4), "uint16"))
        values[0, 0] = 65535
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        save(path, Image.fromarray(values))
    dataset = read(tmp_path)
    assert len(np.unique(seen(dataset))) > 12
    assert "few pixels from 0 to 65535 are cut off" in said(dataset)
    save(tmp_path / "a" / "8bit.png", Image.fromarray(values.astype("uint8")))
    assert "; 1 of 8 bits stay as they are" in said(read(tmp_path))


def deep_colours(values) -> bytes:
    """Returns a PNG with 16 bits a colour, which Pillow does not write."""

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)

    height, width, _ = values.shape
    header = width.to_bytes(4) + height.to_bytes(4) + bytes([16, 2, 0, 0, 0])
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("brightest", [300, 60_000])
def test_dark_colours_of_16_bits_are_refused(tmp_path, brightest):
    for number, glyph in glyphs():
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(deep_colours(glyph[..., None] * [brightest, 90, 9]))
    if brightest > 2**15:
        assert "of which the upper 8 are read" in said(read(tmp_path))
    else:
        assert "with values up to 511, whose upper 8 bits" in refusal(tmp_path)
