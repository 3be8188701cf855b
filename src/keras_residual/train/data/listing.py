"""Lists the pictures in the sub-folders of a folder, and what else is there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.wording import counted, listed
from keras_residual.train.data.pictures import SUFFIXES
from keras_residual.train.mistake import InputError

# What systems and programs leave in folders, in lower case; copies, never data.
_LITTER = frozenset({"__macosx", "__pycache__", "thumbs.db", "desktop.ini", "@eadir"})

# Pictures too, though not ours.
_OTHERS = frozenset({".tif", ".tiff", ".gif", ".heic", ".avif", ".jp2", ".ppm", ".tga"})

# Data that is no folder.
_DATA = frozenset({".csv", ".tsv", ".parquet", ".npz", ".npy"})
_BESIDE = "beside the sub-folders"
_LINKS = "linked folders"  # that are not gone into: they may lead in a circle


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
        if links := self.others[_LINKS]:
            yield f"left out: {counted(links, 'folder')} behind links"
        if others := Counter({k: v for k, v in self.others.items() if k != _LINKS}):
            yield f"left out as no PNG, JPEG, WebP or BMP: {_counts(others)}"
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


def list_pictures(folder: Path) -> Listing:
    """Lists the pictures in each sub-folder.

    Args:
        folder: One sub-folder a class.

    Raises:
        InputError: A sub-folder holds none, or its name cannot be said.
    """
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
    seen = len(listing.paths) or listing.others[_BESIDE]
    if len(names) < 2 and seen and (tables := sorted(folder.glob("*.csv"))):
        _refuse_table(listing, tables[0])
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
            others[_BESIDE if _is_picture(entry.name) else _suffix(entry.name)] += 1
    return [], others, +hidden


def _below(folder: Path) -> tuple[list[str], Counter[str], Counter[str]]:
    paths: list[str] = []
    others: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder).parts
        litter = next((part for part in inside if _is_litter(part)), None)
        folders.sort()
        links = [one for one in folders if os.path.islink(f"{place}/{one}")]  # noqa: PTH114
        others[_LINKS] += len(links) * (not litter)
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


def _data_files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in _DATA)


def _refuse_table(listing: Listing, table: Path) -> None:
    """Refuses pictures in one folder, whose classes a table seems to hold."""
    place = listing.folder.joinpath(*listing.classes)
    raise InputError(
        f"Data {listing.folder}: its classes are not folders.",
        given=f"pictures in {place}, and beside them {table.name}",
        needed="One sub-folder a class. Tables of pictures are not read.",
        write=f"for name, kind in pd.read_csv({str(table)!r})[[FILE, CLASS]].values: "
        "os.makedirs(f'new/{kind}', exist_ok=True); "
        f"shutil.copy(os.path.join({str(place)!r}, name), f'new/{{kind}}'), with the "
        "names of both columns, and --data new",
    )


def _refuse_missing(listing: Listing) -> None:
    full = set(np.unique(listing.labels).tolist())
    empty = [name for at, name in enumerate(listing.classes) if at not in full]
    given = counted(len(listing.classes), "sub-folder")
    write = "--data FOLDER, with FOLDER/cat/1.png, FOLDER/dog/1.png and more of each"
    if len(full) == 1 and sub_folders(
        inner := listing.folder / listing.classes[min(full)]
    ):
        write = f"--data {quote(str(inner))}, which holds sub-folders"
    elif not full and (files := _data_files(listing.folder)):
        write = f"--data {quote(str(files[0]))}"
    elif others := sorted(_OTHERS.intersection(listing.others)):
        write = f"Image.open('1{others[0]}').save('1.png') for each, by Pillow"
        if others[0] == ".heic":
            write += ", after pillow_heif.register_heif_opener()"
    if empty:
        given += f", without a picture: {listed(empty)}"
    given += "".join(f"; {note}" for note in listing.notes())
    raise InputError(
        f"Data {listing.folder}: pictures are missing.",
        given=given,
        needed="One sub-folder a class, with PNG, JPEG, WebP or BMP files in each.",
        write=write,
    )
