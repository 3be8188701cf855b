"""Reads one picture file, safely."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
GREY_MODES = frozenset({"1", "L", "I;16", "I;16B", "I", "F", "LA"})


def look_at(path: str | Path) -> tuple[tuple[int, int], bool]:
    """Decodes a picture whole, and says what it is.

    Args:
        path: The file.

    Returns:
        Height and width in pixels, and whether it is grey.

    Raises:
        OSError: The file is unreadable, cut off, or none of our formats.
        ValueError: The picture is damaged inside, or too large to be meant well.
    """
    with _open(path) as picture:
        picture.load()
        return (picture.height, picture.width), picture.mode in GREY_MODES


def decode(path: str | Path, *, size: tuple[int, int], channels: int) -> NDArray:
    """Reads a picture as bytes of one size.

    Args:
        path: The file.
        size: Height and width in pixels.
        channels: 1 for grey, 3 for red, green and blue.

    Returns:
        Bytes of shape `(height, width, channels)`.

    Raises:
        OSError: As in `look_at`.
        ValueError: As in `look_at`.
    """
    height, width = size
    with _open(path) as picture:
        # A JPEG can be decoded at a half, a quarter or an eighth of its size.
        picture.draft(None, (2 * width, 2 * height))
        flat = _to_bytes(picture).convert("L" if channels == 1 else "RGB")
        if flat.size != (width, height):
            flat = flat.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(flat).reshape(height, width, channels)


def _to_bytes(picture: Image.Image) -> Image.Image:
    if not picture.mode.startswith("I"):
        return picture
    wide = np.asarray(picture, dtype=np.int64) >> 8  # 16 bits a pixel: the high byte
    return Image.fromarray(wide.clip(0, 255).astype(np.uint8))


def _open(path: str | Path) -> Image.Image:
    # Pillow only warns of a picture of 90 to 180 million pixels; for us it is damage.
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(path, formats=FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise ValueError(str(error)) from None
