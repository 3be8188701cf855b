"""The files of a run, each written whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_residual.common.files import at_home, let_go, locked, replacing, sweep
from keras_residual.train.mistake import InputError, written
from keras_residual.train.recipe import Recipe, to_json, versions
from keras_residual.train.run_files import read_history, read_recipe
from keras_residual.train.tasks import task_of

OWN = "own"  # what a recipe says of data that it does not name
COLUMNS = task_of("classification").columns
Row = dict[str, float]


class RunFolder:
    """Knows where the files of a run are, and writes them atomically.

    Args:
        path: The folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = at_home(path)
        self._lock: int | None = None
        self._contents: dict[str, Any] | None = None

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *error: object) -> None:
        if self._lock is not None:
            let_go(self._lock)
            self._lock = None

    def hold(self) -> None:
        """Keeps every other process from writing here, until `with` is left.

        A process that is killed holds nothing.

        Raises:
            InputError: Another one trains here.
        """
        try:
            self._lock = locked(self.path)
        except BlockingIOError as error:
            raise InputError(
                f"Run folder {self.path}: another process trains here.",
                given=f"out={str(self.path)!r}",
                needed="One process at a time writes to a run.",
                write=f"out='{self.path}-2', or wait until that process has ended",
                option=f"--out {self.path}-2, or wait until that process has ended",
            ) from error
        except OSError as error:
            raise self._unfit(error) from error

    @property
    def recipe(self) -> Path:
        """All that reproduces the run."""
        return self.path / "recipe.json"

    @property
    def history(self) -> Path:
        """One row an epoch."""
        return self.path / "history.csv"

    @property
    def model(self) -> Path:
        """The network after the last finished epoch, for people to use."""
        return self.path / "model.keras"

    @property
    def best(self) -> Path:
        """The weights of the epoch with the highest score on the examples held out."""
        return self.path / "best.weights.h5"

    @property
    def checkpoints(self) -> Path:
        """What a run goes on from; see `checkpoints.py`."""
        return self.path / "checkpoints"

    @property
    def report(self) -> Path:
        """The page to look at."""
        return self.path / "report.html"

    def is_run(self) -> bool:
        """Says whether a run began here."""
        return os.path.lexists(self.recipe)

    def refuse_existing(self, again: str = "kr.train.resume('{}')") -> None:
        """Refuses to write over anything.

        Args:
            again: What goes on with what is there, in Python, with `{}` for the path.

        Raises:
            InputError: The folder exists and is not empty.
        """
        try:
            taken = self.path.is_file() or (
                self.path.is_dir() and any(self.path.iterdir())
            )
        except OSError as error:
            raise self._unfit(error) from error
        if taken:
            raise InputError(
                f"Run folder {self.path}: it exists.",
                given=f"out={str(self.path)!r}",
                needed="A run has a folder of its own and writes over nothing.",
                write=f"out='{self.path}-2', or {again.format(self.path)}",
                option=f"--out {self.path}-2, or --resume to go on with that run",
            )

    def _unfit(self, error: Exception) -> InputError:
        return InputError(
            f"Run folder {self.path}: it cannot be made.",
            given=f"out={str(self.path)!r}; {error}",
            needed="A run is written to a folder with the right to write.",
            write="--out runs/one, in a folder of yours",
        )

    def make(self) -> None:
        """Makes the folder and holds it, before anything is written.

        Raises:
            InputError: It cannot be made, or somebody was faster.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:  # a name with a zero in it is no name
            raise self._unfit(error) from error
        self.hold()
        self.refuse_existing()

    def create(self, recipe: Recipe, *, backend: str, data: dict[str, Any]) -> None:
        """Writes the recipe, into a folder that is made.

        Args:
            recipe: The settled recipe.
            backend: The backend of the run.
            data: What was found in the data: classes, shape, fingerprint.
        """
        contents = {
            "recipe": recipe.to_dict(),
            "data": data,
            "versions": versions(backend),
        }
        self.write_recipe(contents)

    def write_recipe(self, contents: dict[str, Any]) -> None:
        """Writes what `read_recipe` reads.

        Args:
            contents: The recipe, the data and the versions.
        """
        self._contents = None
        self.write_text(self.recipe, to_json(contents))

    def read_recipe(self) -> dict[str, Any]:
        """Reads what `create` wrote; once, where the folder is held.

        Raises:
            InputError: There is no run here, or its recipe is damaged.
        """
        if self._lock is None:
            return read_recipe(self.recipe)
        self._contents = self._contents or read_recipe(self.recipe)
        return self._contents

    def identity(self) -> str:
        """Returns a digest of what the run began with, wherever its data lies now.

        Raises:
            InputError: As in `read_recipe`.
        """
        contents = self.read_recipe()
        recipe = contents["recipe"] | {"data": contents["data"].get("sha256")}
        return hashlib.sha256(to_json(recipe).encode()).hexdigest()

    def read_named(self) -> dict[str, Any]:
        """Reads the recipe of a run whose model and data it names.

        Raises:
            InputError: As in `read_recipe`; or only who trained it has model and data.
        """
        contents = self.read_recipe()
        if contents["recipe"].get("data") != OWN:
            return contents
        raise InputError(
            f"Run folder {self.path}: it is of a model and data of one's own.",
            given=f"model={contents['recipe'].get('model')!r}, data={OWN!r}",
            needed="A recipe names neither of them, and so a run cannot be made of it.",
            write=f"kr.train.fit(model, data, recipe, out={str(self.path)!r}, "
            f"resume=True), or keras.saving.load_model({str(self.model)!r}) to predict",
        )

    def write_history(self, rows: list[Row]) -> None:
        """Writes `history.csv`, one row an epoch.

        Args:
            rows: A value for each column; one that a row lacks is left empty.
        """
        text = io.StringIO()
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: _short(name, value) for name, value in row.items()} for row in rows
        )
        self.write_text(self.history, text.getvalue())

    def read_history(self) -> list[Row]:
        """Returns the rows of `history.csv`, none where it is missing.

        Raises:
            InputError: A row is no row of a history.
        """
        if not os.path.lexists(self.history):
            return []
        recipe = Recipe.from_dict(self.read_recipe()["recipe"])
        return read_history(self.history, task_of(recipe.task).columns)

    def write_text(self, path: Path, text: str) -> None:
        """Writes a text file whole or not at all.

        Args:
            path: The file.
            text: Its contents.
        """
        with self.replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")

    @contextmanager
    def replacing(self, path: Path) -> Iterator[Path]:
        """Gives a file to write to, and puts it in place once it is on the disk.

        Args:
            path: The file to replace.

        Raises:
            InputError: Somebody removed the folder while the run went on.
            SaveError: The disk is full, or the folder not ours to write to.
        """
        if not self.path.is_dir():
            raise InputError(
                f"Run folder {self.path}: it is gone.",
                given=f"no folder to write {path.name} to",
                needed="The folder stays where it is while a run writes to it. What "
                "was in it is lost, and nothing was written since.",
                write="--out with a new folder, to train anew",
            )
        with written(path), replacing(path) as partial:
            yield partial

    def sweep(self) -> None:
        """Removes what killed processes left half-written."""
        sweep(self.path)
        sweep(self.checkpoints)


def _short(name: str, value: float) -> str:
    if name == "epoch":
        return str(int(value))
    return f"{value:.2f}" if name == "seconds" else f"{value:.6g}"
