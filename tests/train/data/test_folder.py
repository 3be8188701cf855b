"""Folders of pictures, whole and broken."""

import os
import zlib

import numpy as np
import pytest
from PIL import Image

from keras_residual.train import InputError, Recipe
from keras_residual.train.data import load
from keras_residual.train.data.pictures import decode


def read(folder, **options):
    return load(Recipe(data=str(folder), **options))


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
        Image.new("L", (side, side // 2)).save(path)
    assert read(tmp_path).train.shape == (30, 30, 1)
    assert read(tmp_path, image_size=16).train.shape == (16, 16, 1)
    for path in tmp_path.rglob("*.png"):
        Image.new("L", (200, 200)).save(path)
    assert read(tmp_path).train.shape == (64, 64, 1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_bytes(tmp_path, mode):
    Image.new(mode, (9, 7)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png", size=(7, 9), channels=1).shape == (7, 9, 1)
    assert decode(tmp_path / "a.png", size=(4, 4), channels=3).shape == (4, 4, 3)


def test_sixteen_bits_keep_their_brightness(tmp_path):
    Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(tmp_path / "a.png")
    assert (decode(tmp_path / "a.png", size=(4, 4), channels=1) == 0x80).all()


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


def test_every_kind_of_damage_is_found_before_training_and_named(pictures):
    spoilt = damage(pictures)
    with pytest.raises(InputError, match="7 of 71 pictures") as caught:
        read(pictures)
    named = str(caught.value)
    assert {name for name in spoilt if str(pictures / "red" / name) in named} == spoilt
    assert "--skip-bad" in named


def test_damage_can_be_left_out_and_is_listed(pictures):
    spoilt = damage(pictures)
    dataset = read(pictures, skip_bad=True)
    assert len(dataset.train.labels) + len(dataset.test.labels) == 64
    listed = {line.split(":")[0].rsplit(os.sep, 1)[1] for line in dataset.left_out}
    assert listed == spoilt


def test_a_class_without_a_readable_picture_is_named(pictures):
    (pictures / "green").mkdir()
    for number in range(3):
        (pictures / "green" / f"{number}.png").write_bytes(b"no")
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
    assert said in str(caught.value)


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
