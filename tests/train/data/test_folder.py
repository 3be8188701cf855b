"""Folders of pictures, whole and broken."""

import os
import zlib

import numpy as np
import pytest
from PIL import Image
from readings import glyphs, read, refusal, said, save, seen

from keras_residual.train import InputError, Recipe
from keras_residual.train.data import load


def bomb() -> bytes:
    """Returns a PNG of a few bytes that says it is 100 million pixels."""

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)

    header = (10_000).to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    data = chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def test_a_sub_folder_is_a_class_and_every_format_is_read(pictures):
    dataset = read(pictures, validation=0.25)
    assert dataset.classes == ("blue", "red")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (48, 16)
    batch = dataset.train.batch(np.arange(48))
    assert (batch.shape, batch.dtype) == ((48, 8, 8, 3), np.uint8)
    reddish = batch[..., 0].mean((1, 2)) > batch[..., 2].mean((1, 2))
    assert (reddish == dataset.train.labels).all()


def test_deeper_folders_belong_to_their_class(pictures):
    deep = pictures / "red" / "more" / "1.PNG"
    deep.parent.mkdir()
    Image.new("RGB", (8, 8)).save(deep)
    assert len(read(pictures).train.labels) + len(read(pictures).test.labels) == 65


def test_grey_pictures_have_one_channel_and_one_colour_picture_makes_three(tmp_path):
    for number in range(8):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8), 30 * number).save(path)
    assert read(tmp_path).train.shape == (8, 8, 1)
    Image.new("RGB", (8, 8)).save(tmp_path / "a" / "colour.png")
    assert read(tmp_path).train.shape == (8, 8, 3)


def test_the_size_is_the_median_at_most_64_or_what_is_asked_for(tmp_path):
    for number, side in enumerate([20, 30, 30, 40, 500, 30]):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (side, side // 2), number).save(path)
    assert read(tmp_path).train.shape == (30, 30, 1)
    assert read(tmp_path, image_size=16).train.shape == (16, 16, 1)
    for shade, path in enumerate(tmp_path.rglob("*.png")):
        Image.new("L", (200, 200), shade).save(path)
    assert read(tmp_path).train.shape == (64, 64, 1)


def damage(pictures) -> set[str]:
    """Spoils pictures in seven ways, and returns their names."""
    whole = (pictures / "red" / "001.jpg").read_bytes()
    gif = pictures / "gif"
    Image.new("L", (8, 8)).save(gif, "GIF")
    spoilt = {
        "cut.jpg": whole[: len(whole) // 2],
        "empty.png": b"",
        "text.png": b"hello",
        "gif.png": gif.read_bytes(),
        "bomb.png": bomb(),
        "header.webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
        "cut.png": (pictures / "blue" / "000.png").read_bytes()[:60],
    }
    for name, content in spoilt.items():
        (pictures / "red" / name).write_bytes(content)
    gif.unlink()
    return set(spoilt)


def more(folder, count):
    for number in range(count):
        Image.new("RGB", (8, 8), (number, 0, 9)).save(folder / f"{number}.png")


def test_every_kind_of_damage_is_found_before_training_and_named(pictures):
    spoilt = damage(pictures)
    with pytest.raises(InputError, match="7 of 71 pictures") as caught:
        read(pictures)
    named = caught.value.on_command_line()
    assert {name for name in spoilt if str(pictures / "red" / name) in named} == spoilt


def test_one_picture_in_a_hundred_can_be_left_out_and_is_listed(pictures):
    more(pictures / "blue", 136)
    spoilt = ["a.png", "b.png"]
    for name in spoilt:
        (pictures / "red" / name).write_bytes(b"no")
        with pytest.raises(InputError, match="skip_bad=True"):
            read(pictures)
    dataset = read(pictures, skip_bad=True)
    assert len(dataset.train.labels) + len(dataset.test.labels) == 200
    listed = [line.split(":")[0].rsplit(os.sep, 1)[1] for line in dataset.left_out]
    assert listed == spoilt
    (pictures / "red" / "c.png").write_bytes(b"no")
    with pytest.raises(InputError, match="of 203 at most 2 may be left out"):
        read(pictures, skip_bad=True)


def test_of_a_few_pictures_one_can_be_left_out(pictures):
    (pictures / "red" / "a.png").write_bytes(b"no")
    assert len(read(pictures, skip_bad=True).left_out) == 1
    (pictures / "red" / "b.png").write_bytes(b"no")
    with pytest.raises(InputError, match="of 66 at most 1 may be left out"):
        read(pictures, skip_bad=True)


def test_a_class_without_a_readable_picture_is_named(pictures):
    (pictures / "green").mkdir()
    more(pictures / "blue", 136)
    for name in ("a.png", "b.png"):
        (pictures / "green" / name).write_bytes(b"no")
    with pytest.raises(InputError, match="no picture of green"):
        read(pictures, skip_bad=True)


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        ([], "0 sub-folders"),
        (["red"], "2 sub-folders, without a picture: green"),
    ],
)
def test_a_folder_without_pictures_is_refused(tmp_path, folders, said):
    for name in folders:
        (tmp_path / name).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / name / "1.png")
        (tmp_path / "green").mkdir()
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert said in caught.value.on_command_line()


def test_one_class_is_refused(pictures):
    for path in (pictures / "red").iterdir():
        path.unlink()
    (pictures / "red").rmdir()
    with pytest.raises(InputError, match="32 examples of 1 class"):
        read(pictures)


def test_the_fingerprint_follows_the_files(pictures):
    one = read(pictures).fingerprint
    assert read(pictures).fingerprint == one
    (pictures / "red" / "001.jpg").rename(pictures / "red" / "x.jpg")
    assert read(pictures).fingerprint != one


def test_progress_reaches_the_number_of_pictures(pictures):
    seen = []
    load(Recipe(data=str(pictures)), lambda *counts: seen.append(counts))
    assert seen[-1] == (64, 64)


def test_what_is_left_out_is_counted_and_named(pictures):
    for number in range(5):
        save(pictures / "red" / f"{number}.tif", Image.new("L", (8, 8)))
    save(pictures / "red" / "1.gif", Image.new("L", (8, 8)))
    for place in ("red/.ipynb_checkpoints", "__MACOSX/red", ".trash"):
        save(pictures / place / "001.png", Image.new("L", (8, 8)))
    save(pictures / "blue" / "._000.png", Image.new("L", (8, 8)))
    save(pictures / "loose.png", Image.new("L", (8, 8)))
    (pictures / "red" / "Thumbs.db").write_text("")
    dataset = read(pictures)
    assert dataset.classes == ("blue", "red")
    assert len(seen(dataset)) == 64
    text = said(dataset)
    assert "5 .tif" in text
    assert "1 .gif" in text
    assert "1 .ipynb_checkpoints" in text
    assert "1 __macosx" in text
    assert "1 .trash" in text
    assert "1 beside the sub-folders" in text


def test_a_class_of_other_files_only_says_which(tmp_path):
    save(tmp_path / "a" / "1.png", Image.new("L", (8, 8)))
    save(tmp_path / "b" / "1.tif", Image.new("L", (8, 8)))
    with pytest.raises(InputError, match=r"without a picture: b; .* 1 \.tif"):
        read(tmp_path)


def test_folders_named_by_numbers_can_be_targets(tmp_path):
    for number, glyph in glyphs():
        ink = Image.fromarray((glyph * 200).astype("uint8"))
        save(tmp_path / ("0.5", "1.5")[number % 2] / f"{number}.png", ink)
    with pytest.raises(InputError, match="task='classification', or task='regression'"):
        read(tmp_path)
    assert read(tmp_path, task="classification").classes == ("0.5", "1.5")
    dataset = read(tmp_path, task="regression")
    assert set(dataset.train.labels.ravel().tolist()) == {0.5, 1.5}
    assert dataset.augment == "none"


def test_several_labels_are_not_read_from_a_folder(pictures):
    with pytest.raises(InputError, match="one class"):
        read(pictures, task="multilabel")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"nothing", "no PNG, JPEG, WebP or BMP inside"),
        (b"GIF89a..", "a GIF inside"),
        (b"\0\0\0\x1cftypavif", "a HEIC or AVIF inside"),
    ],
)
def test_why_a_picture_cannot_be_read_is_said_plainly(pictures, content, reason):
    (pictures / "red" / "x.png").write_bytes(content)
    assert f"x.png: {reason}\n" in refusal(pictures)
