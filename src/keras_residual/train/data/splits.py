"""The parts of a folder of pictures: to learn from, to be judged on, or none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from keras_residual.common.wording import listed
from keras_residual.train.data.listing import Listing, list_pictures, sub_folders
from keras_residual.train.mistake import InputError

_TRAIN = frozenset({"train", "training", "trn", "trainset", "traindata"})
_TEST = frozenset({"test", "testing", "tst", "testset", "testdata", "holdout"})
_VALIDATION = frozenset(
    {"val", "valid", "validation", "dev", "eval", "valset", "valdata", "validset"}
)
_PIECE = re.compile(r"(fold|split|part|subset|cv|run)[ _-]?\d+", re.IGNORECASE)
_SEEN = frozenset({"images", "image", "imgs", "img", "pictures", "photos", "inputs"})
_DRAWN = frozenset({"masks", "mask", "labels", "label", "annotations", "gt", "targets"})
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
    names = sub_folders(folder)
    found = _parts(names)
    if not found:
        _refuse_pieces(folder, names)
        _refuse_masks(folder, names)
        return [list_pictures(folder)], notes
    flat = [name for name in found if not sub_folders(folder / name)]
    if _kind(found[0])[0] != 0 or found[0] in flat:
        _refuse_parts(folder, found)
    judged = next((name for name in found[1:] if name not in flat), None)
    unused = [name for name in names if name not in (found[0], judged)]
    said = f"the folder is split: {found[0]} to learn from"
    said += f", {judged} held out" * bool(judged)
    left = [f"left out: the folder {listed(unused)}"] * bool(unused)
    listings = [list_pictures(folder / name) for name in (found[0], judged) if name]
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


def _refuse_pieces(folder: Path, names: list[str]) -> None:
    if names and all(_PIECE.fullmatch(name) for name in names):
        _refuse_parts(folder, names)
    kinds = {name: _kind(name) for name in names}
    alike = len({rest for _, rest in kinds.values()}) < len(names)  # A_train, A_test
    if alike and all(part is not None for part, _ in kinds.values()):
        _refuse_parts(folder, sorted(names, key=lambda name: kinds[name]))


def _refuse_masks(folder: Path, names: list[str]) -> None:
    seen, drawn = ({*map(str.lower, names)} & words for words in (_SEEN, _DRAWN))
    paired = len(names) == 2 and seen and drawn
    if paired and not any(sub_folders(folder / name) for name in names):
        raise InputError(
            f"Data {folder}: the sub-folders are pictures and what is drawn of them.",
            given=listed(names),
            needed="A folder has one sub-folder a class. Masks are learned as arrays, "
            "by a model of your own.",
            write='kr.train.fit(kr.models.build("unet", ...), (pictures, masks)), '
            "compiled; or other names, if these are classes",
        )


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
