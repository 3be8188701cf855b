"""What becomes of transparency, of 16 bits, of a turned camera."""

import shutil

import numpy as np
import pytest
from PIL import Image
from readings import glyphs, read, said, save, seen

from keras_residual.train import InputError
from keras_residual.train.data.pictures import decode


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_bytes(tmp_path, mode):
    Image.new(mode, (9, 7)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png", size=(7, 9), channels=1).shape == (7, 9, 1)
    assert decode(tmp_path / "a.png", size=(4, 4), channels=3).shape == (4, 4, 3)


def test_sixteen_bits_keep_their_brightness(tmp_path):
    Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(tmp_path / "a.png")
    assert (decode(tmp_path / "a.png", size=(4, 4), channels=1) == 0x80).all()


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
    assert "2 pictures converted from cmyk" in text
    assert "2 pictures animated; the first frame is read" in text
    assert "3 pictures with the same pixels as another one" in before
    assert "4 pictures with the same pixels as another one" in text
