"""A folder of pictures, one sub-folder a class, read while training."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sized
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.extras import extra
from keras_residual.common.wording import listed
from keras_residual.train.data.dataset import Dataset, check_classes, split
from keras_residual.train.data.labels import Labels, read_labels
from keras_residual.train.data.leaks import of_pictures
from keras_residual.train.data.listing import Listing, sub_folders
from keras_residual.train.data.pictures import PICTURES, Conversion, decode
from keras_residual.train.data.raw_labels import doubts
from keras_residual.train.data.reading import with_reading
from keras_residual.train.data.scan import Scan, Watch, scan
from keras_residual.train.data.splits import list_parts
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe

SIZE = 64  # larger pictures are resized to this, unless --image-size says otherwise
DARK = 31  # the largest byte that leaves too few levels to see
BAD = 100  # for so many pictures, one may be left out as unreadable
SAMPLE = 32  # pictures that are compared with each other


@dataclass(frozen=True, eq=False)
class FolderSource:
    """Pictures that are decoded when they are asked for.

    Args:
        paths: The files.
        labels: The class of each.
        shape: Height and width that they are resized to, and channels.
        how: How they become bytes.
    """

    paths: NDArray[np.str_]
    labels: NDArray
    shape: tuple[int, ...]
    how: Conversion

    def batch(self, numbers: NDArray[np.int64]) -> NDArray:
        """Decodes the pictures with these numbers."""
        height, width, channels = self.shape
        return np.stack(
            [
                decode(str(path), size=(height, width), channels=channels, how=self.how)
                for path in self.paths[numbers]
            ]
        )

    def origin(self, number: int) -> Path:
        """Returns the file of a picture."""
        return Path(self.paths[number])

    def take(self, numbers: NDArray[np.int64]) -> FolderSource:
        """Returns a source of these pictures only."""
        paths, labels = self.paths[numbers], self.labels[numbers]
        return FolderSource(paths, labels, self.shape, self.how)


def load(folder: Path, recipe: Recipe, watch: Watch | None = None) -> Dataset:
    """Lists a folder of pictures and looks at every one of them once.

    Args:
        folder: One sub-folder a class, with PNG, JPEG, WebP or BMP files below it; or
            `train` and `test` with those in each.
        recipe: The share held out, the pictures' size, what becomes of unreadable and
            of transparent ones.
        watch: Called with the number of pictures seen and their total.

    Raises:
        InputError: No classes, no pictures, or unreadable pictures.
    """
    listings, notes = list_parts(folder)
    if recipe.task is None:
        _refuse_deeper(listings[0])
    labels = _labels(folder, listings, recipe)
    paths = np.concatenate([listing.paths for listing in listings])
    found = scan(paths, watch)
    _check_bad(folder, found.bad, len(paths), recipe.skip_bad)
    good = np.setdiff1d(np.arange(len(paths)), list(found.bad))
    _check_left(folder, listings, good)
    how = found.conversion(recipe.background)
    shape = _shape(found, how, recipe.image_size)
    source = FolderSource(paths, np.concatenate(labels.parts), shape, how)
    train, test = (source.take(part) for part in _split(labels, good, recipe))
    _refuse_alike(folder, train, found)
    digests = [found.digests[number] for number in good.tolist()]
    dataset = Dataset(
        name=folder.name,
        kind="picture",
        classes=labels.names,
        train=train,
        test=test,
        augment="none" if labels.task == "regression" else "flip-crop",
        fingerprint=_fingerprint(folder, paths[good], digests),
        earlier=_fingerprint(folder, paths[good]),
        left_out=tuple(found.bad.values()),
        task=labels.task,
        terms=asdict(how),
    )
    said = _said(listings, found, source, good)
    return with_reading(dataset, *notes, *labels.notes, *said)


def _said(
    listings: list[Listing], found: Scan, source: FolderSource, good: NDArray[np.int64]
) -> tuple[str, ...]:
    """Says what is left out and converted, and where files give the class away."""
    notes = *_left_out(listings, found.bad), *found.notes(source.how, source.shape[0])
    if source.labels.ndim > 1:  # targets
        return notes
    paths = source.paths[good].tolist()
    forms = {
        "name's ending": [Path(path).suffix.lower() for path in paths],
        "size in pixels": [f"{height} × {width}" for height, width in found.sizes],
        "kind of picture": found.kinds,
    }
    digests = [found.digests[number] for number in good.tolist()]
    return (*notes, *of_pictures(source.labels[good], forms, digests))


def _refuse_deeper(listing: Listing) -> None:
    """Asks where every folder holds the same folders, as years or cameras do."""
    inner = {tuple(sub_folders(listing.folder / one)) for one in listing.classes}
    same = inner.pop()
    if inner or len(same) < 2 or len(listing.classes) < 2:
        return
    one = listing.folder / listing.classes[0]
    raise InputError(
        f"Data {listing.folder}: it is not clear which folders are the classes.",
        given=f"{listed(listing.classes)}, each with {listed(same)} in it",
        needed="One sub-folder a class, with its pictures in it or deeper.",
        write=f"--task classification if these are {listed(listing.classes)}; for "
        f"{listed(same)} --data {quote(str(one))}, or the pictures of each in one "
        "folder",
    )


def _left_out(listings: list[Listing], bad: Sized) -> list[str]:
    notes = [note for listing in listings for note in listing.notes()]
    if bad:
        notes.append(f"left out as unreadable: {len(bad)}, in recipe.json")
    return notes


def _labels(folder: Path, listings: list[Listing], recipe: Recipe) -> Labels:
    names = listings[0].classes
    parts = [
        np.array([names.index(one) for one in listing.classes], np.int32)[
            listing.labels
        ]
        for listing in listings
    ]
    if recipe.task == "multilabel":
        raise InputError(
            f"Data {folder}: a folder gives each picture one class.",
            given="task='multilabel', a folder of pictures",
            needed="Several labels are columns of 0 and 1 beside the pictures.",
            write="np.savez('data.npz', x=pictures, y=labels), and --data data.npz",
        )
    if _numbers(names) or recipe.task == "regression":
        words = [np.array(names)[part] for part in parts]
        found = read_labels(folder.name, words, task=recipe.task)
        if found.task == "regression":
            return found
    check_classes(folder.name, parts, names, sure=recipe.task is not None)
    return Labels("classification", names, parts, doubts(names))


def _numbers(names: tuple[str, ...]) -> bool:
    try:
        return bool(np.isfinite(np.array(names).astype(np.float64)).all())
    except ValueError:
        return False


def _split(
    labels: Labels, good: NDArray[np.int64], recipe: Recipe
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    learned = len(labels.parts[0])
    if len(labels.parts) > 1:
        return good[good < learned], good[good >= learned]
    train, test = split(labels.parts[0][good], recipe.validation)
    return good[train], good[test]


def _shape(found: Scan, how: Conversion, asked: int | None) -> tuple[int, int, int]:
    side = asked or min(SIZE, found.side())
    with extra("train", PICTURES):
        from PIL import ImageColor
    red, green, blue = ImageColor.getrgb(how.background)[:3]
    grey = red == green == blue or not found.traits["transparent"]
    return side, side, 1 if found.grey and grey else 3


def _refuse_alike(folder: Path, source: FolderSource, found: Scan) -> None:
    """Refuses pictures that became the same, such as white shapes on white."""
    _check_depth(folder, found)
    count = len(source.labels)
    numbers = np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64)
    some = source.batch(np.unique(numbers))
    if len(some) > 1 and (some == some[0]).all():
        clear = found.traits["transparent"]
        raise InputError(
            f"Data {folder}: all pictures are the same.",
            given=f"{len(some)} pictures with values from {some.min()} to {some.max()}"
            + (f"; {clear} are transparent, on {source.how.background}" * bool(clear)),
            needed="A network can only tell apart what differs.",
            write="--background black, or another colour than the pictures have"
            if clear
            else "--data with pictures that differ",
        )


def _check_depth(folder: Path, found: Scan) -> None:
    if 0 <= found.upper <= DARK:
        raise InputError(
            f"Data {folder}: the pictures are all but black.",
            given=f"colours of 16 bits with values up to {256 * found.upper + 255}, "
            "whose upper 8 bits are read",
            needed="Colours are read in 8 bits. Grey pictures are in 16.",
            write="each picture as np.uint8(x * (255.0 / highest)), with one highest "
            "value for all, saved in 8 bits",
        )


def _check_left(folder: Path, listings: list[Listing], good: NDArray[np.int64]) -> None:
    start = 0
    for listing in listings:
        some = good[(good >= start) & (good < start + len(listing.paths))] - start
        start += len(listing.paths)
        left = set(listing.labels[some].tolist())
        empty = [one for at, one in enumerate(listing.classes) if at not in left]
        if empty:
            raise InputError(
                f"Data {folder}: a class has no readable picture left.",
                given=f"no picture of {listed(empty)}",
                needed="Every sub-folder holds a readable picture.",
                write="--data with those sub-folders removed, or the files put right",
            )


def _check_bad(folder: Path, bad: dict[int, str], total: int, skip: bool) -> None:
    most = max(1, total // BAD)
    few = len(bad) <= most
    if not bad or (skip and few):
        return
    shown = "".join(f"\n    {line}" for line in list(bad.values())[:20])
    more = f"\n    and {len(bad) - 20} more" if len(bad) > 20 else ""
    raise InputError(
        f"Data {folder}: pictures cannot be read.",
        given=f"{len(bad)} of {total} pictures{shown}{more}",
        needed="Every picture is a whole PNG, JPEG, WebP or BMP file"
        + ("." if few else f"; of {total} at most {most} may be left out."),
        write="--skip-bad to leave them out, or put the files right"
        if few
        else "--data with these files put right, or removed",
    )


def _fingerprint(
    folder: Path, paths: NDArray[np.str_], contents: Iterable[bytes] = repeat(b"")
) -> str:
    """Hashes names, sizes and what `scan` has hashed of contents as it read them."""
    digest = hashlib.sha256()
    for path, content in zip(paths.tolist(), contents, strict=False):
        name = os.path.relpath(path, folder)
        digest.update(os.fsencode(f"{name} {Path(path).stat().st_size}\n"))
        digest.update(content)
    return digest.hexdigest()
