"""Folders of pictures, whole and broken."""

import os
import shutil
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
        Image.new("L", (side, side // 2), number).save(path)
    assert read(tmp_path).train.shape == (30, 30, 1)
    assert read(tmp_path, image_size=16).train.shape == (16, 16, 1)
    for shade, path in enumerate(tmp_path.rglob("*.png")):
        Image.new("L", (200, 200), shade).save(path)
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


def save(path, picture, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


def glyphs(count=12):
    """Returns a bar or a dash in each of many small pictures, as flags."""
    rng = np.random.default_rng(0)
    for number in range(count):
        glyph = np.zeros((12, 12), bool)
        glyph[
            (slice(4, 6), slice(2, 10)) if number % 2 else (slice(2, 10), slice(4, 6))
        ] = 1
        yield number, np.roll(glyph, rng.integers(-1, 2, 2), (0, 1))


def said(dataset):
    return " ".join(dataset.reading)


def seen(dataset):
    sources = dataset.train, dataset.test
    return np.concatenate([one.batch(np.arange(len(one.labels))) for one in sources])


@pytest.mark.parametrize(
    ("background", "ground", "channels"),
    [(None, 255, 3), ("black", 0, 3), ("#ff0000", [255, 0, 0], 3)],
)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pictures_are_laid_on_a_background(
    tmp_path, mode, background, ground, channels
):
    for number, glyph in glyphs():
        inked = np.zeros((12, 12, 4), np.uint8)
        inked[..., :3] = 90
        inked[..., 3] = glyph * 255
        picture = Image.fromarray(inked)
        picture = picture.quantize(4) if mode == "P" else picture.convert(mode)
        save(tmp_path / "ab"[number % 2] / f"{number}.png", picture)
    dataset = read(tmp_path, background=background)
    assert f"12 transparent pictures laid on {background or 'white'}" in said(dataset)
    pixels = seen(dataset)
    bare = pixels[(abs(pixels.astype(int) - 90) > 2).any(-1)]
    assert len(bare) > 1000
    assert (bare == ground).all()
    assert dataset.terms["background"] == (background or "white")


def test_pictures_that_vanish_on_the_background_are_refused(tmp_path):
    for number, glyph in glyphs():
        inked = np.full((12, 12, 4), 255, np.uint8)
        inked[..., 3] = glyph * 255
        save(tmp_path / "ab"[number % 2] / f"{number}.png", Image.fromarray(inked))
    with pytest.raises(InputError, match="12 are transparent, on white"):
        read(tmp_path)
    assert seen(read(tmp_path, background="black")).max() == 255


@pytest.mark.parametrize("top", [200, 4000, 65535])
def test_sixteen_bits_keep_the_range_that_is_there(tmp_path, top):
    for number, glyph in glyphs():
        wide = np.where(glyph, top, top // 4).astype(np.uint16)
        save(tmp_path / "ab"[number % 2] / f"{number}.png", Image.fromarray(wide))
    dataset = read(tmp_path)
    low, high = dataset.terms["levels"]
    assert (low, high) == (top // 4, top)
    assert f"12 pictures of 16 bits: values from {low} to {high}" in said(dataset)
    assert set(np.unique(seen(dataset)).tolist()) == {0, 255}


def test_photographs_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for number, glyph in glyphs():
        upright = Image.fromarray((glyph[:, :8] * 200).astype("uint8"))
        lying = upright.transpose(Image.Transpose.ROTATE_90)
        save(tmp_path / "turned" / "ab"[number % 2] / f"{number}.png", lying, exif=exif)
        save(tmp_path / "upright" / "ab"[number % 2] / f"{number}.png", upright)
    turned, upright = read(tmp_path / "turned"), read(tmp_path / "upright")
    assert (seen(turned) == seen(upright)).all()
    assert "12 pictures turned upright" in said(turned)
    assert "turned" not in said(upright)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_stop_a_picture(tmp_path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*oops")
    assert decode(tmp_path / "a.jpg", size=(8, 8), channels=3)[0, 0, 0] > 200


def test_other_conversions_are_said(tmp_path):
    for number, glyph in glyphs():
        ink = Image.fromarray((glyph * 200).astype("uint8")).convert("RGB")
        place = tmp_path / "ab"[number % 2]
        save(place / f"{number}.jpg", ink.convert("CMYK") if number < 2 else ink)
    frames = [ink, Image.new("RGB", (12, 12), "blue")]
    save(place / "moving.webp", frames[0], save_all=True, append_images=frames[1:])
    before = said(read(tmp_path))
    shutil.copy(place / "moving.webp", place / "copy.webp")
    text = said(read(tmp_path))
    assert "2 pictures converted from CMYK" in text
    assert "2 pictures animated; the first frame is read" in text
    assert "3 pictures with the same pixels as another one" in before
    assert "4 pictures with the same pixels as another one" in text


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
    assert "1 __MACOSX" in text
    assert "1 .trash" in text
    assert "1 picture beside the sub-folders" in text


def test_a_class_of_other_files_only_says_which(tmp_path):
    save(tmp_path / "a" / "1.png", Image.new("L", (8, 8)))
    save(tmp_path / "b" / "1.tif", Image.new("L", (8, 8)))
    with pytest.raises(InputError, match=r"without a picture: b; .* 1 \.tif"):
        read(tmp_path)


@pytest.mark.parametrize(
    "names", [("train", "test"), ("Training", "val"), ("train", "dev")]
)
def test_the_parts_of_a_split_are_read_as_such(pictures, tmp_path, names):
    for part, classes in zip(names, (("red", "blue"), ("red", "blue")), strict=True):
        for name in classes:
            place = tmp_path / "split" / part / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(pictures / name, place)
    shutil.copytree(pictures / "red", tmp_path / "split" / "notes")
    (tmp_path / "split" / names[1] / "red" / "001.jpg").unlink()
    dataset = read(tmp_path / "split")
    assert dataset.classes == ("blue", "red")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (64, 63)
    assert f"{names[0]} to learn from, {names[1]} held out" in said(dataset)
    assert "the folder notes" in said(dataset)


def test_of_three_parts_the_test_part_is_held_out(pictures, tmp_path):
    for part in ("train", "val", "test"):
        shutil.copytree(pictures, tmp_path / "split" / part)
    dataset = read(tmp_path / "split")
    assert "train to learn from, test held out" in said(dataset)
    assert "the folder val" in said(dataset)


def test_a_test_part_without_classes_is_left_out(pictures, tmp_path):
    shutil.copytree(pictures, tmp_path / "split" / "train")
    shutil.copytree(pictures / "red", tmp_path / "split" / "test")
    dataset = read(tmp_path / "split")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (58, 6)
    assert "the folder test" in said(dataset)


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("train", "valid"), ("test", "dev")]
)
def test_parts_without_classes_are_refused(pictures, tmp_path, names):
    for part in names:
        shutil.copytree(pictures / "red", tmp_path / "split" / part)
    with pytest.raises(InputError, match="parts of a split, not classes"):
        read(tmp_path / "split")


def test_parts_of_different_classes_are_refused(pictures, tmp_path):
    shutil.copytree(pictures, tmp_path / "split" / "train")
    shutil.copytree(pictures, tmp_path / "split" / "test")
    (tmp_path / "split" / "test" / "red").rename(tmp_path / "split" / "test" / "rot")
    with pytest.raises(InputError, match="only in test: rot"):
        read(tmp_path / "split")


def test_a_train_is_a_class_among_others(tmp_path):
    for number, glyph in glyphs():
        ink = Image.fromarray((glyph * 200).astype("uint8"))
        save(tmp_path / ("train", "ship")[number % 2] / f"{number}.png", ink)
    assert read(tmp_path).classes == ("ship", "train")


def test_folders_named_by_numbers_can_be_targets(tmp_path):
    for number, glyph in glyphs():
        ink = Image.fromarray((glyph * 200).astype("uint8"))
        save(tmp_path / ("0.5", "1.5")[number % 2] / f"{number}.png", ink)
    with pytest.raises(InputError, match="--task classification, or --task regression"):
        read(tmp_path)
    assert read(tmp_path, task="classification").classes == ("0.5", "1.5")
    dataset = read(tmp_path, task="regression")
    assert set(dataset.train.labels.ravel().tolist()) == {0.5, 1.5}
    assert dataset.augment == "none"


def test_several_labels_are_not_read_from_a_folder(pictures):
    with pytest.raises(InputError, match="one class"):
        read(pictures, task="multilabel")
