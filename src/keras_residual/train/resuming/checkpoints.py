"""Checkpoints: each a folder, whole and known by its hashes, or not there at all."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import digest_of, flush, read_regular, staging
from keras_residual.files.tensors import Arrays, write
from keras_residual.files.tensors import read as read_arrays
from keras_residual.train.finite import diverged, not_finite
from keras_residual.train.mistake import written
from keras_residual.train.recipe import to_json
from keras_residual.train.run_files import parse_json

MANIFEST, STATE = "manifest.json", "state.json"
WEIGHTS, TRAINING = "weights.safetensors", "training.safetensors"
FILES = (WEIGHTS, TRAINING, STATE)
NAME = re.compile(r"([0-9]{1,18})(-unvalidated)?")
LARGEST_TEXT = 64 * 2**20
ROOM = 2  # times the size of a checkpoint has to be free before one is written


def named(step: int) -> str:
    """Returns what the folder of a checkpoint is called.

    Args:
        step: Steps of the run that are done.
    """
    return f"{step:08d}"


@dataclass(frozen=True)
class Snapshot:
    """All that a run is between two steps.

    Args:
        step: Steps of the run that are done.
        weights: The weights of the model, by name.
        training: What only training needs, by name: optimizer, seeds, metrics.
        state: All else, as plain values for JSON.
        validated: False at the end of an epoch that was not validated yet.
    """

    step: int
    weights: Arrays
    training: Arrays
    state: dict[str, Any] = field(default_factory=dict)
    validated: bool = True

    @property
    def name(self) -> str:
        """What its folder is called."""
        return named(self.step) + "-unvalidated" * (not self.validated)


@dataclass(frozen=True)
class Found:
    """What stands in a folder of checkpoints.

    Args:
        snapshot: The newest one that is whole; None where none is.
        damaged: Newer ones that are not, each with the reason.
    """

    snapshot: Snapshot | None
    damaged: tuple[str, ...]


class Checkpoints:
    """Writes, finds and removes the checkpoints of a run.

    Args:
        folder: Where they are; it is made with the first one.
        keep: How many of the newest are kept; two at least, so that a damaged one
            has another before it.
        run: What tells the run from others; empty where nothing does.
        writes: Whether this process writes them; of several, one does.
    """

    def __init__(
        self, folder: Path, keep: int = 2, *, run: str = "", writes: bool = True
    ) -> None:
        self.folder = folder
        self.keep = max(2, keep)
        self.run = run
        self.writes = writes

    def save(
        self, snapshot: Snapshot, *, versions: dict[str, str], best: str | None = None
    ) -> Path:
        """Writes a checkpoint, and then removes those that are not kept.

        It is written aside, brought to the disk and renamed in one step: a kill at any
        moment leaves it whole or not at all, and those before it as they were.

        Args:
            snapshot: What is saved.
            versions: What the numbers depend on, for whoever reads the manifest.
            best: The name of a checkpoint that is kept however old it gets.

        Returns:
            The folder of the checkpoint.

        Raises:
            DivergedError: A number is not finite. Nothing is written.
            SaveError: The disk is full, or the folder gone or not ours to write.
        """
        _refuse_not_finite(snapshot)
        if self.run:
            snapshot = replace(snapshot, state=snapshot.state | {"run": self.run})
        place = self.folder / snapshot.name
        if not self.writes:
            return place
        with written(place):
            self._make()
            self._must_have_room(snapshot)
            with staging(self.folder) as aside:
                _write(aside / snapshot.name, snapshot, versions)
                self._put(aside / snapshot.name, place, aside)
            _must_be_whole(place)
            self._remove_old({snapshot.name, best})
        return place

    def latest(self, largest: int) -> Found:
        """Returns the newest checkpoint that is whole.

        Args:
            largest: Bytes that a file of arrays has at most, so that what a stranger
                wrote takes no memory beyond what the network needs.
        """
        damaged = []
        for place in self.places():
            try:
                return Found(read(place, largest), tuple(damaged))
            except (OSError, ForeignError) as error:
                damaged.append(f"{place.name}: {str(error)[:200]}")
        return Found(None, tuple(damaged))

    def places(self) -> list[Path]:
        """Returns the folders of the checkpoints, the newest first."""
        try:
            found = [(_order(one.name), one) for one in self.folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [one for _, one in sorted(filter(itemgetter(0), found), reverse=True)]

    def _make(self) -> None:
        if not self.folder.is_dir():  # its parent, a run folder, is never made again
            self.folder.mkdir()
            flush(self.folder.parent)

    def _must_have_room(self, snapshot: Snapshot) -> None:
        arrays = (*snapshot.weights.values(), *snapshot.training.values())
        needed = ROOM * sum(array.nbytes for array in arrays)
        system = os.statvfs(self.folder)
        free = system.f_bavail * system.f_frsize
        if free < needed:
            raise OSError(28, f"{free:,} bytes are free, {needed:,} are needed")

    def _put(self, new: Path, place: Path, aside: Path) -> None:
        """Gives a checkpoint its name; one of that name was damaged, or is the same."""
        if os.path.lexists(place):
            os.rename(place, aside / "old")  # noqa: PTH104 - one step
        os.rename(new, place)  # noqa: PTH104
        flush(self.folder)

    def _remove_old(self, kept: set[str | None]) -> None:
        old = [one for one in self.places()[self.keep :] if one.name not in kept]
        with staging(self.folder) as aside:
            for place in old:
                # Renamed first: one that is half removed would look damaged.
                with suppress(OSError):
                    os.rename(place, aside / place.name)  # noqa: PTH104


def read(place: Path, largest: int | None) -> Snapshot:
    """Reads a checkpoint, if each file is what was written, to the last bit.

    Args:
        place: Its folder.
        largest: Bytes that a file of arrays has at most; None reads hashes alone.

    Raises:
        OSError: A file is missing or cannot be read.
        ForeignError: A file is damaged, or holds what no checkpoint does.
    """
    try:
        return _read(place, largest)
    except ValueError as error:  # of text that is none, or of arrays
        raise ForeignError(str(error)) from error


def _read(place: Path, largest: int | None) -> Snapshot:
    manifest = _manifest(place)
    for name in FILES:
        _check(place / name, manifest["files"][name], largest)
    known = NAME.fullmatch(place.name)
    step, validated = manifest["step"], manifest["validated"]
    if not known or int(known[1]) != step or (known[2] is None) != validated:
        raise ForeignError(f"{MANIFEST} is of step {step}")
    if largest is None:
        return Snapshot(step, {}, {}, {}, validated)
    state = parse_json(read_regular(place / STATE, largest=LARGEST_TEXT).decode())
    if not isinstance(state, dict):
        raise ForeignError(f"{STATE} is no table of names and values")
    weights, training = (
        read_arrays(place / name, largest=largest).arrays
        for name in (WEIGHTS, TRAINING)
    )
    return Snapshot(step, weights, training, state, validated)


def versions_of(place: Path) -> dict[str, Any]:
    """Returns what the numbers of a checkpoint depended on, as it says itself.

    Args:
        place: Its folder, which `read` has read.
    """
    found = _manifest(place).get("versions")
    return found if isinstance(found, dict) else {}


def _must_be_whole(place: Path) -> None:
    """Looks at what is on the disk, before what was there before it goes."""
    try:
        read(place, None)
    except ForeignError as error:
        raise OSError(f"{place} was not written as it should be: {error}") from error


def _check(path: Path, listed: Any, largest: int | None) -> None:
    """Refuses a file that is not what was written, or larger than it may be."""
    most = LARGEST_TEXT if path.name == STATE else largest
    if most is not None and path.stat().st_size > most:
        raise ForeignError(f"{path.name} holds more than {most} bytes")
    if listed != _described(path):
        raise ForeignError(f"{path.name} is not what was written")


def _manifest(place: Path) -> dict[str, Any]:
    text = read_regular(place / MANIFEST, largest=2**20).decode()
    contents = parse_json(text)
    # Written again from what was read it has to be the same, to the last letter.
    if not isinstance(contents, dict) or text != _sealed(contents):
        raise ForeignError(f"{MANIFEST} is not what was written")
    files, step = contents.get("files"), contents.get("step")
    if not isinstance(files, dict) or set(files) != set(FILES):
        raise ForeignError(f"{MANIFEST} does not list {', '.join(FILES)}")
    if type(step) is not int or type(contents.get("validated")) is not bool:
        raise ForeignError(f"{MANIFEST} does not say of which step it is")
    return contents


def _sealed(contents: dict[str, Any]) -> str:
    bare = {k: v for k, v in contents.items() if k != "sha256"}
    digest = hashlib.sha256(to_json(bare).encode()).hexdigest()
    return to_json(bare | {"sha256": digest})


def _write(place: Path, snapshot: Snapshot, versions: dict[str, str]) -> None:
    place.mkdir()
    write(place / WEIGHTS, snapshot.weights)
    write(place / TRAINING, snapshot.training)
    (place / STATE).write_text(to_json(snapshot.state), encoding="utf-8")
    contents = {
        "step": snapshot.step,
        "validated": snapshot.validated,
        "versions": versions,
        "files": {name: _described(place / name) for name in FILES},
    }
    (place / MANIFEST).write_text(_sealed(contents), encoding="utf-8")
    for path in (*place.iterdir(), place):
        flush(path)


def _described(path: Path) -> dict[str, Any]:
    return {"sha256": digest_of(path), "size": path.stat().st_size}


def _order(name: str) -> tuple[()] | tuple[int, bool]:
    """Returns what checkpoints are put in order by; of another file's name nothing."""
    known = NAME.fullmatch(name)
    return (int(known[1]), known[2] is None) if known else ()


def _refuse_not_finite(snapshot: Snapshot) -> None:
    spoilt = not_finite(snapshot.weights) or not_finite(
        {k: v for k, v in snapshot.training.items() if k.startswith("optimizer/")}
    )
    if spoilt:
        raise diverged(f"step {snapshot.step} of the run", f"{spoilt} is not finite")
