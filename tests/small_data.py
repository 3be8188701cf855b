"""Data that a network learns in seconds."""

from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = (".png", ".jpg", ".webp", ".bmp")


def make_pictures(folder: Path, count: int = 64, size: int = 8) -> Path:
    """Writes pictures of two classes: reddish ones and bluish ones."""
    rng = np.random.default_rng(0)
    for number in range(count):
        name = ("blue", "red")[number % 2]
        picture = rng.integers(0, 120, (size, size, 3), dtype=np.uint8)
        picture[..., 0 if name == "red" else 2] += 120
        path = folder / name / f"{number:03d}{SUFFIXES[number % 4]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return folder


def make_arrays(
    path: Path, shape: tuple[int, ...] = (8, 8, 1), count: int = 48
) -> Path:
    """Writes values of three classes that differ in brightness."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 3
    light = (90 * labels).reshape(-1, *[1] * len(shape))
    values = rng.integers(0, 60, (count, *shape)) + light
    pictures = len(shape) == 3
    np.savez(path, x=values.astype(np.uint8 if pictures else np.float32), y=labels)
    return path


def make_table(path: Path, count: int = 70) -> Path:
    """Writes a table of two kinds of rows, told apart by the first number."""
    values = np.random.default_rng(0).normal(size=(count, 4))
    rows = [[*map("{:.4f}".format, row), f"k{row[0] > 0:d}"] for row in values]
    lines = ["a,b,c,d,kind", *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
