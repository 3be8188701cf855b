"""Lists the pictures of a folder, of its parts for training and test, and the rest."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import counted, listed
from keras_residual.train.data.pictures import SUFFIXES
from keras_residual.train.mistake import InputError

# What systems and programs leave in folders, in lower case; copies, never data.
_LITTER = frozenset({"__macosx", "__pycache__", "thumbs.db", "desktop.ini", "@eadir"})

# Pictures too, though not ours.
_OTHERS = frozenset({".tif", ".tiff", ".gif", ".heic", ".avif", ".jp2", ".ppm", ".tga"})


@dataclass
class Listing:
    """The pictures below a folder, by class.

    Args:
        folder: The folder.
        classes: Names of its sub-folders.
        paths: The pictures.
        labels: The number of each picture's sub-folder.
        others: How many files are no pictures of ours, by suffix.
        hidden: How many pictures lie in hidden folders or have hidden names.
    """

    folder: Path
    classes: tuple[str, ...]
    paths: NDArray[np.str_]
    labels: NDArray[np.int32]
    others: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)

    def notes(self) -> Iterator[str]:
        """Says what is left out."""
        if self.others:
            yield f"left out as no PNG, JPEG, WebP or BMP: {_counts(self.others)}"
        if self.hidden:
            yield f"left out as hidden copies: {_counts(self.hidden)}"


def _is_litter(name: str) -> bool:
    """Whether a file or a folder is hidden, or left by a system."""
    return name.startswith(".") or name.lower() in _LITTER


def sub_folders(folder: Path) -> list[str]:
    """Returns the names of the folders in a folder, without hidden ones.

    Args:
        folder: The folder.
    """
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_dir() and not _is_litter(entry.name)
    )


def _list_pictures(folder: Path) -> Listing:
    """Lists the pictures in each sub-folder."""
    names = sub_folders(folder)
    _refuse_unspoken(folder, names)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: _below(folder / name), names))
    listing = Listing(
        folder,
        tuple(names),
        np.array(list(chain.from_iterable(paths for paths, _, _ in found)), dtype=str),
        np.repeat(
            np.arange(len(names), dtype=np.int32), [len(paths) for paths, _, _ in found]
        ),
    )
    for _, others, hidden in [*found, _beside(folder)]:
        listing.others += others
        listing.hidden += hidden
    if not names or len(np.unique(listing.labels)) < len(names):
        _refuse_missing(listing)
    return listing


def _beside(folder: Path) -> tuple[list[str], Counter[str], Counter[str]]:
    """Counts what lies beside the sub-folders, and in hidden ones."""
    others: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    for entry in os.scandir(folder):
        if _is_litter(entry.name):
            if entry.is_dir():
                paths, _, deeper = _below(Path(entry.path))
                hidden[entry.name] += len(paths) + deeper.total()
        elif entry.is_file():
            kind = "beside the sub-folders"
            others[kind if _is_picture(entry.name) else _suffix(entry.name)] += 1
    return [], others, +hidden


def _below(folder: Path) -> tuple[list[str], Counter[str], Counter[str]]:
    paths: list[str] = []
    others: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder).parts
        litter = next((part for part in inside if _is_litter(part)), None)
        folders.sort()
        for name in names:
            if not _is_picture(name):
                others[_suffix(name)] += not litter and not _is_litter(name)
            elif litter or _is_litter(name):
                hidden[litter or _suffix(name)] += 1
            else:
                paths.append(os.path.join(place, name))  # noqa: PTH118 - 10x sooner
    return sorted(paths), +others, hidden


def _is_picture(name: str) -> bool:
    return _suffix(name) in SUFFIXES


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower() or "without suffix"  # noqa: PTH122


def _counts(found: Counter[str]) -> str:
    return listed(f"{count:,} {what}" for what, count in found.most_common())


def _refuse_unspoken(folder: Path, names: list[str]) -> None:
    """Refuses names of classes that no text can hold."""
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(
                f"Data {folder}: the name of a sub-folder is not UTF-8.",
                given=repr(os.fsencode(name)),
                needed="A sub-folder's name is the name of its class, in UTF-8.",
                write="another name for that sub-folder",
            ) from None


def _refuse_missing(listing: Listing) -> None:
    full = set(np.unique(listing.labels).tolist())
    empty = [name for at, name in enumerate(listing.classes) if at not in full]
    given = counted(len(listing.classes), "sub-folder")
    write = "--data FOLDER, with FOLDER/cat/1.png, FOLDER/dog/1.png and more of each"
    if len(full) == 1 and sub_folders(
        inner := listing.folder / listing.classes[min(full)]
    ):
        write = f"--data {quote(str(inner))}, which holds sub-folders"
    elif not _OTHERS.isdisjoint(listing.others):
        write = "Image.open('1.tif').save('1.png') for each, by Pillow"
    if empty:
        given += f", without a picture: {listed(empty)}"
    given += "".join(f"; {note}" for note in listing.notes())
    raise InputError(
        f"Data {listing.folder}: pictures are missing.",
        given=given,
        needed="One sub-folder a class, with PNG, JPEG, WebP or BMP files in each.",
        write=write,
    )


_TRAIN = frozenset({"train", "training", "trn", "trainset", "traindata"})
_TEST = frozenset({"test", "testing", "tst", "testset", "testdata", "holdout"})
_VALIDATION = frozenset(
    {"val", "valid", "validation", "dev", "eval", "valset", "valdata", "validset"}
)
_PIECE = re.compile(r"(fold|split|part|subset|cv|run)[ _-]?\d+", re.IGNORECASE)
_DEEPEST = 4  # folders, each alone in the one before


def list_parts(folder: Path) -> tuple[list[Listing], tuple[str, ...]]:
    """Lists a folder of classes, or the train and the test part in it.

    Args:
        folder: One sub-folder a class; or `train` and `test` with those in each.

    Returns:
        The pictures to learn from, and those to be judged on where there are such;
        and what is said of it.

    Raises:
        InputError: The parts of a split hold no classes, or others than each other.
    """
    folder, notes = _innermost(folder)
    found = _parts(sub_folders(folder))
    if not found:
        _refuse_pieces(folder)
        return [_list_pictures(folder)], notes
    flat = [name for name in found if not sub_folders(folder / name)]
    if _kind(found[0])[0] != 0 or found[0] in flat:
        _refuse_parts(folder, found)
    judged = next((name for name in found[1:] if name not in flat), None)
    unused = [name for name in sub_folders(folder) if name not in (found[0], judged)]
    said = f"the folder is split: {found[0]} to learn from"
    said += f", {judged} held out" * bool(judged)
    left = [f"left out: the folder {listed(unused)}"] * bool(unused)
    listings = [_list_pictures(folder / name) for name in (found[0], judged) if name]
    if judged:
        _check_classes(folder, *listings)
    return listings, (*notes, said, *left)


def _innermost(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Goes into the only folder of a folder, as archives are often unpacked."""
    inner = folder
    for _ in range(_DEEPEST):
        names = sub_folders(inner)
        alone = len(names) == 1 and _kind(names[0])[0] is None
        if not alone or not sub_folders(inner / names[0]):
            break
        inner /= names[0]
    said = (
        f"the folder {inner.relative_to(folder)} in it is read, as it is the only one"
    )
    return inner, (said,) * (inner != folder)


def _parts(names: list[str]) -> list[str]:
    """Returns the folder to learn from, then those to be judged on, the test first."""
    kinds = {name: _kind(name) for name in names}
    kinds = {name: found for name, found in kinds.items() if found[0] is not None}
    several = len({kind for kind, _ in kinds.values()}) > 1
    one_name = len({rest for _, rest in kinds.values()}) == 1
    alone = set(kinds) == set(names) and any(kind == 0 for kind, _ in kinds.values())
    if not kinds or not one_name or not (several or alone):
        return []
    return sorted(kinds, key=lambda name: kinds[name])


def _kind(name: str) -> tuple[Any, tuple[str, ...]]:
    """Says which part a folder is named as, 0 to learn from, and what else it says."""
    words = re.findall("[a-z]+", re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower())
    for kind, known in enumerate((_TRAIN, _TEST, _VALIDATION)):
        if not known.isdisjoint(words):
            return kind, tuple(word for word in words if word not in known)
    return None, ()


def is_part(name: str) -> bool:
    """Whether a name is that of a part of a split, and says nothing else.

    Args:
        name: Of a folder, or a word of a table.
    """
    part, rest = _kind(name)
    return part is not None and not rest and not re.search(r"\d", name)


def _refuse_pieces(folder: Path) -> None:
    names = sub_folders(folder)
    if names and all(_PIECE.fullmatch(name) for name in names):
        _refuse_parts(folder, names)
    kinds = {name: _kind(name) for name in names}
    alike = len({rest for _, rest in kinds.values()}) < len(names)  # A_train, A_test
    if alike and all(part is not None for part, _ in kinds.values()):
        _refuse_parts(folder, sorted(names, key=lambda name: kinds[name]))


def _check_classes(folder: Path, train: Listing, test: Listing) -> None:
    strange = sorted(set(test.classes) - set(train.classes))
    if strange:
        raise InputError(
            f"Data {folder}: the parts hold different classes.",
            given=f"only in {test.folder.name}: {listed(strange)}",
            needed="Every class that is judged is learned, under the same name.",
            write=f"{train.folder} and {test.folder} with the same sub-folders",
        )


def _refuse_parts(folder: Path, found: list[str]) -> None:
    learns = _kind(found[0])[0] == 0
    raise InputError(
        f"Data {folder}: the sub-folders are parts of a split, not classes.",
        given=f"{listed(found)}, "
        + (f"without classes in {found[0]}" if learns else "and no part to learn from"),
        needed="A part holds one sub-folder a class, and is named train, test or val. "
        "Folders that bear such names are never taken for classes.",
        write=f"{folder.name}/train/cat/1.png, {folder.name}/test/cat/1.png and more "
        "of each; or other names, if these are classes",
    )
