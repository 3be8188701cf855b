"""Reads one picture file, safely."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ForeignError
from keras_residual.common.extras import extra
from keras_residual.common.files import open_regular

if TYPE_CHECKING:
    from PIL import Image

PICTURES = "Reading pictures"
FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp"})
MOST_PIXELS = 64 * 10**6
LARGEST_FILE = 2**28  # bytes: more than so many pixels take as they are
# What often bears another's suffix, by bytes and where they stand.
INSIDE = (
    (b"GIF8", 0, "a GIF"),
    (b"II*\0", 0, "a TIFF"),
    (b"MM\0*", 0, "a TIFF"),
    (b"ftyp", 4, "a HEIC or AVIF"),
    (b"<", 0, "a web page or an SVG"),
)
GREY_MODES = frozenset({"1", "L", "I;16", "I;16B", "I", "F", "LA"})
FAR = 1e-3  # share of the pixels, on either side, that may be a sensor's faults
ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held


@dataclass(frozen=True)
class Look:
    """What one picture is.

    Args:
        size: Height and width in pixels, upright.
        grey: Whether it has shades only.
        traits: What has to be converted, keys of `scan.SAYS`.
        levels: The smallest and the largest value, where a pixel has 16 bits; then
            those without the farthest thousandth of all pixels on either side.
        upper: The largest value, where colours of 16 bits are cut to their upper 8.
        digest: A hash of its pixels.
        kind: `"transparent"`, or whether what it shows is `"grey"` or `"in colour"`.
    """

    size: tuple[int, int]
    grey: bool
    traits: frozenset[str] = frozenset()
    levels: tuple[int, ...] | None = None
    upper: int | None = None
    digest: bytes = b""
    kind: str = ""


@dataclass(frozen=True)
class Conversion:
    """How pictures become bytes of one kind.

    Args:
        background: What transparent pictures are laid on, as Pillow names colours.
        levels: The values of 16 bits that become 0 and 255.
    """

    background: str = "white"
    levels: tuple[int, int] = (0, 65535)


def look_at(path: str | Path) -> Look:
    """Decodes a picture whole, and says what it is.

    Args:
        path: The file.

    Raises:
        OSError: The file is unreadable, cut off, or none of our formats.
        ForeignError: The picture is damaged inside, or too large to be meant well.
    """
    with _open(path) as picture:
        narrowed = any("16B" in str(tile.args) for tile in getattr(picture, "tile", ()))
        picture.load()
        deep = picture.mode.startswith("I")
        has = {
            "animated": getattr(picture, "is_animated", False),
            "narrowed": narrowed and not deep,
            "cmyk": picture.mode == "CMYK",
            "transparent": _is_transparent(picture),
            "turned": _orientation(picture) in range(2, 9),
        }
        size = picture.height, picture.width
        if _orientation(picture) in range(5, 9):
            size = picture.width, picture.height
        upper = int(np.asarray(picture).max()) if has["narrowed"] else None
        return Look(
            size=size,
            grey=picture.mode in GREY_MODES,
            traits=frozenset(trait for trait, holds in has.items() if holds),
            levels=_levels(picture) if deep else None,
            upper=None if has["transparent"] else upper,
            digest=_digest(picture),
            kind="transparent" if has["transparent"] else _kind(picture),
        )


def _kind(picture: Image.Image) -> str:
    """Says whether there is a colour, in whatever mode it is stored."""
    if picture.mode in GREY_MODES:
        return "grey"
    values = np.asarray(picture.resize((64, 64), resample=0).convert("RGB"))
    return "grey" if (values == values[..., :1]).all() else "in colour"


def _digest(picture: Image.Image) -> bytes:
    found = hashlib.blake2b(picture.tobytes(), digest_size=16)
    found.update(bytes(picture.getpalette() or ()))  # what its numbers stand for
    return found.digest()


def _levels(picture: Image.Image) -> tuple[int, ...]:
    values = np.asarray(picture)
    inner = np.quantile(values, (FAR, 1 - FAR), method="nearest")
    return int(values.min()), int(values.max()), *map(int, inner)


def decode(
    path: str | Path,
    *,
    size: tuple[int, int],
    channels: int,
    how: Conversion = Conversion(),
) -> NDArray:
    """Reads a picture as bytes of one size.

    Args:
        path: The file.
        size: Height and width in pixels.
        channels: 1 for grey, 3 for red, green and blue.
        how: What becomes of transparency and of 16 bits.

    Returns:
        Bytes of shape `(height, width, channels)`.

    Raises:
        OSError: As in `look_at`.
        ForeignError: As in `look_at`.
    """
    with extra("train", PICTURES):
        from PIL import Image
    height, width = size
    with _open(path) as picture:
        # A JPEG can be decoded at a half, a quarter or an eighth of its size.
        longer = 2 * max(width, height)
        picture.draft(None, (longer, longer))
        flat = _to_bytes(_upright(picture), how)
        flat = flat.convert("L" if channels == 1 else "RGB")
        if flat.size != (width, height):
            flat = flat.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(flat).reshape(height, width, channels)


def _orientation(picture: Image.Image) -> int:
    with contextlib.suppress(Exception):  # damaged EXIF says nothing of the pixels
        return int(picture.getexif().get(ORIENTATION, 1))
    return 1


def _upright(picture: Image.Image) -> Image.Image:
    if _orientation(picture) not in range(2, 9):
        return picture
    with extra("train", PICTURES):
        from PIL import ImageOps
    picture.load()  # so that a damaged picture is told from damaged EXIF
    with contextlib.suppress(Exception):
        return ImageOps.exif_transpose(picture)
    return picture


def _is_transparent(picture: Image.Image) -> bool:
    if picture.mode.startswith("I") or not picture.has_transparency_data:
        return False
    lowest, _ = picture.convert("RGBA").getchannel("A").getextrema()
    return lowest < 255  # pyright: ignore[reportOperatorIssue]


def _to_bytes(picture: Image.Image, how: Conversion) -> Image.Image:
    with extra("train", PICTURES):
        from PIL import Image
    if picture.mode.startswith("I"):
        low, high = how.levels
        wide = (np.asarray(picture, dtype=np.float64) - low) / max(1, high - low)
        return Image.fromarray((255 * wide.clip(0, 1)).round().astype(np.uint8))
    if not picture.has_transparency_data:
        return picture
    seen = picture.convert("RGBA")
    ground = Image.new("RGBA", seen.size, how.background)
    return Image.alpha_composite(ground, seen)


@contextlib.contextmanager
def _open(path: str | Path) -> Iterator[Image.Image]:
    with extra("train", PICTURES):
        from PIL import Image, UnidentifiedImageError
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if not size or size > LARGEST_FILE:
            more = f"a file of more than {LARGEST_FILE} bytes"
            raise ForeignError(more if size else "the file is empty")
        try:
            with Image.open(file, formats=FORMATS) as picture:
                _check_pixels(picture)
                yield picture
        except UnidentifiedImageError as error:
            raise ForeignError(_inside(file)) from error
        except (OSError, ForeignError):
            raise
        except Exception as error:  # Pillow raises ten kinds of a damaged file
            raise ForeignError(str(error) or type(error).__name__) from error


def _inside(file: io.FileIO) -> str:
    file.seek(0)
    start = file.read(16)
    found = [what for mark, at, what in INSIDE if start[at:].startswith(mark)]
    return f"{found[0]} inside" if found else "no PNG, JPEG, WebP or BMP inside"


def _check_pixels(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise ForeignError(
            f"{picture.width} x {picture.height} pixels, "
            f"more than {MOST_PIXELS // 10**6} million"
        )
