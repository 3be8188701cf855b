"""Tells the parts of a split, train and test, from classes."""

from __future__ import annotations

from pathlib import Path

from keras_residual.train.data.listing import Listing, list_pictures, sub_folders
from keras_residual.train.data.wording import listed
from keras_residual.train.mistake import InputError

TRAIN = frozenset({"train", "training", "trn", "train_set", "training_set"})
TEST = frozenset({"test", "testing", "tst", "test_set", "testing_set", "holdout"})
VALIDATION = frozenset(
    {"val", "valid", "validation", "dev", "eval", "val_set", "validation_set"}
)


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
    found = _parts(sub_folders(folder))
    if not found:
        return [list_pictures(folder)], ()
    flat = [name for name in found if not sub_folders(folder / name)]
    if TRAIN.isdisjoint(name.lower() for name in found) or found[0] in flat:
        _refuse_parts(folder, found)
    judged = next((name for name in found[1:] if name not in flat), None)
    unused = [name for name in sub_folders(folder) if name not in (found[0], judged)]
    notes = [f"the folder is split: {found[0]} to learn from"]
    if judged:
        notes[0] += f", {judged} held out"
    if unused:
        notes.append(f"left out: the folder {listed(unused)}")
    listings = [list_pictures(folder / name) for name in (found[0], judged) if name]
    if judged:
        _check_classes(folder, *listings)
    return listings, tuple(notes)


def _parts(names: list[str]) -> list[str]:
    """Returns the folder to learn from, then those to be judged on, the test first."""
    kinds = {
        name: at
        for name in names
        for at, words in enumerate((TRAIN, TEST, VALIDATION))
        if name.lower() in words
    }
    several = len(set(kinds.values())) > 1
    alone = set(kinds) == set(names) and 0 in kinds.values()
    return sorted(kinds, key=lambda name: kinds[name]) if several or alone else []


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
    raise InputError(
        f"Data {folder}: the sub-folders are parts of a split, not classes.",
        given=f"{listed(found)}, without classes in {found[0]}",
        needed="A part holds one sub-folder a class. Folders that bear such names are "
        "never taken for classes.",
        write=f"{folder.name}/train/cat/1.png and {folder.name}/test/cat/1.png; or "
        "other names, if these are classes",
    )
