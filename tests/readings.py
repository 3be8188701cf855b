"""Reads data as people do, and says what came of it."""

import numpy as np
import pytest

from keras_residual.train import InputError, Recipe
from keras_residual.train.data import load

RNG = np.random.default_rng(0)
ROWS = 24
A, B = RNG.normal(size=(2, ROWS)).round(3)
KIND = np.array(["cat", "dog"])[np.arange(ROWS) % 2]
DAYS = np.array([0, 3, 31, 59, 75, 365] * 4)


def read(path, **options):
    return load(Recipe(data=str(path), **options))


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    return caught.value.on_command_line()


def said(dataset):
    return " ".join(dataset.reading).lower()


def seen(dataset):
    """Returns all examples, those to learn from first."""
    sources = dataset.train, dataset.test
    return np.concatenate([one.batch(np.arange(len(one.labels))) for one in sources])


def rows_seen(dataset):
    """Returns all rows, sorted by their first column."""
    values = seen(dataset)
    return values[np.argsort(values[:, 0], kind="stable")]


def expected(*columns):
    """Returns columns as the rows that are seen of them."""
    values = np.stack(columns, axis=1).astype("float32")
    return values[np.argsort(values[:, 0], kind="stable")]


def write_table(folder, columns, *, separator=",", header=True, name="a.csv"):
    """Writes columns by name, and returns the path."""
    rows = [list(columns)] if header else []
    rows += [list(row) for row in zip(*columns.values(), strict=True)]
    text = "".join(separator.join(map(str, row)) + "\n" for row in rows)
    (folder / name).write_text(text)
    return folder / name


def save(path, picture, **options):
    """Saves a picture in a folder that is made for it."""
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
