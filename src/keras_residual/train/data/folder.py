"""A folder of pictures, one sub-folder a class, read while training."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data.dataset import Dataset, check_classes, split
from keras_residual.train.data.pictures import SUFFIXES, decode
from keras_residual.train.data.reading import with_reading
from keras_residual.train.data.scan import Watch, scan
from keras_residual.train.mistake import InputError

SIZE = 64  # larger pictures are resized to this, unless --image-size says otherwise


@dataclass(frozen=True, eq=False)
class FolderSource:
    """Pictures that are decoded when they are asked for.

    Args:
        paths: The files.
        labels: The class of each.
        shape: Height and width that they are resized to, and channels.
    """

    paths: NDArray[np.str_]
    labels: NDArray[np.int32]
    shape: tuple[int, ...]

    def batch(self, numbers: NDArray[np.int64]) -> NDArray:
        """Decodes the pictures with these numbers."""
        height, width, channels = self.shape
        return np.stack(
            [
                decode(str(path), size=(height, width), channels=channels)
                for path in self.paths[numbers]
            ]
        )


def load(
    folder: Path,
    *,
    validation: float,
    image_size: int | None = None,
    skip_bad: bool = False,
    watch: Watch | None = None,
) -> Dataset:
    """Lists a folder of pictures and looks at every one of them once.

    Args:
        folder: One sub-folder a class; PNG, JPEG, WebP or BMP files below it.
        validation: Share of each class held out.
        image_size: Height and width in pixels. The pictures' median, capped at 64, by
            default.
        skip_bad: Leaves unreadable pictures out instead of stopping.
        watch: Called with the number of pictures seen and their total.

    Raises:
        InputError: No classes, no pictures, or unreadable pictures.
    """
    classes, paths, labels = _list_pictures(folder)
    check_classes(folder.name, [labels], classes, sure=False)
    found = scan(paths, watch)
    if found.bad and not skip_bad:
        _refuse_bad(folder, found.bad, len(paths))
    good = np.setdiff1d(np.arange(len(paths)), list(found.bad))
    paths, labels = paths[good], labels[good]
    if not len(paths) or len(np.unique(labels)) < len(classes):
        _refuse_empty_class(folder, classes, labels)
    size = image_size or min(SIZE, int(np.median(found.sizes)))
    shape = (size, size, 1 if found.grey else 3)
    train, test = (
        FolderSource(paths[part], labels[part], shape)
        for part in split(labels, validation)
    )
    dataset = Dataset(
        name=folder.name,
        kind="picture",
        classes=classes,
        train=train,
        test=test,
        augment="flip-crop",
        fingerprint=_fingerprint(folder, paths),
        left_out=tuple(found.bad.values()),
    )
    return with_reading(dataset)


def _list_pictures(
    folder: Path,
) -> tuple[tuple[str, ...], NDArray[np.str_], NDArray[np.int32]]:
    names = sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_dir() and not entry.name.startswith(".")
    )
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: _pictures_below(folder / name), names))
    if not names or not all(found):
        empty = [name for name, paths in zip(names, found, strict=True) if not paths]
        raise InputError(
            f"Data {folder}: pictures are missing.",
            given=f"{len(names)} sub-folders"
            + (f", without a picture: {', '.join(empty)}" if empty else ""),
            needed="One sub-folder a class, with PNG, JPEG, WebP or BMP files in each.",
            write="--data FOLDER, with FOLDER/cat/1.png and FOLDER/dog/1.png",
        )
    counts = [len(paths) for paths in found]
    labels = np.repeat(np.arange(len(names), dtype=np.int32), counts)
    return tuple(names), np.array(list(chain.from_iterable(found))), labels


def _pictures_below(folder: Path) -> list[str]:
    return sorted(
        os.path.join(place, name)  # noqa: PTH118 - Path costs 10x on 100,000 files
        for place, _, names in os.walk(folder)
        for name in names
        if os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 - as above
    )


def _refuse_bad(folder: Path, bad: dict[int, str], total: int) -> None:
    shown = "".join(f"\n    {line}" for line in list(bad.values())[:20])
    more = f"\n    and {len(bad) - 20} more" if len(bad) > 20 else ""
    raise InputError(
        f"Data {folder}: pictures cannot be read.",
        given=f"{len(bad)} of {total} pictures{shown}{more}",
        needed="Every picture is a whole PNG, JPEG, WebP or BMP file.",
        write="--skip-bad to leave them out, or put the files right",
    )


def _refuse_empty_class(
    folder: Path, classes: tuple[str, ...], labels: NDArray[np.int32]
) -> None:
    empty = [name for number, name in enumerate(classes) if number not in labels]
    raise InputError(
        f"Data {folder}: a class has no readable picture left.",
        given=f"no picture of {', '.join(empty)}",
        needed="Every sub-folder holds a readable picture.",
        write="--data with those sub-folders removed, or the files put right",
    )


def _fingerprint(folder: Path, paths: NDArray[np.str_]) -> str:
    """Hashes names and sizes: contents of 100,000 files take too long to read."""
    digest = hashlib.sha256()
    for path in paths.tolist():
        name = os.path.relpath(path, folder)
        digest.update(f"{name} {Path(path).stat().st_size}\n".encode())
    return digest.hexdigest()
