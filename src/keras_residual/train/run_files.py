"""Reads the text files of a run as a stranger's: nothing in them is taken on trust."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any, Never, TypeVar

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import read_regular
from keras_residual.common.wording import counted, listed
from keras_residual.train.mistake import InputError
from keras_residual.train.tasks import TASKS

Found = TypeVar("Found")
LARGEST = 16 * 2**20
DEEPEST = 100  # lists within lists; what we write has ten
ANEW = "--out with another folder, to train anew"


def read_recipe(path: Path) -> dict[str, Any]:
    """Reads `recipe.json`.

    Args:
        path: The file.

    Returns:
        What is under "recipe", "data" and "versions". Of the data, "classes" are names
        and "sha256" is text, where they are there; nothing else is known of it.

    Raises:
        InputError: There is no run here, or its recipe is damaged.
    """
    needed = "recipe.json is what `keras-residual train` wrote."
    try:
        return read_text(path, "the recipe is damaged", needed, _recipe)
    except (FileNotFoundError, NotADirectoryError):
        if path.with_name("plan.json").is_file():
            _refuse_comparison(path.parent)
        raise InputError(
            f"Run folder {path.parent}: there is no run here.",
            given="a file" if path.parent.is_file() else f"no file {path}",
            needed="A run folder is what `keras-residual train` wrote.",
            write=f"kr.open_model({str(path.parent)!r}), for a model alone"
            if path.parent.is_file()
            else "the folder that was printed when the run began",
        ) from None


def read_plan(path: Path) -> dict[str, Any]:
    """Reads `plan.json`, what a comparison is of.

    Args:
        path: The file.

    Returns:
        What is under "recipe", "depths", "seeds" and "versions".

    Raises:
        InputError: There is no comparison here, or its plan is damaged.
    """
    needed = "plan.json is what `keras-residual compare` wrote."
    try:
        return read_text(path, "the plan is damaged", needed, _plan)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"Run folder {path.parent}: there is no comparison here.",
            given=f"no file {path}",
            needed="A comparison is a folder that `keras-residual compare` wrote.",
            write="--out with the folder that the comparison began in",
            option=f"keras-residual train --resume --out {quote(str(path.parent))}"
            if path.with_name("recipe.json").is_file()
            else "",
        ) from None


def _refuse_comparison(folder: Path) -> Never:
    runs = sorted(path.parent for path in folder.glob("*/recipe.json"))
    one = f"; or a run in it, {str(runs[0])!r}" if runs else ""
    raise InputError(
        f"Run folder {folder}: it is a comparison, not a run.",
        given=f"plan.json, and {counted(len(runs), 'run folder')} in it",
        needed="A comparison is gone on with as a whole; each run in it has a folder.",
        write=f"kr.train.compare(recipe, {str(folder)!r}, resume=True){one}",
        option=f"keras-residual compare --resume --out {quote(str(folder))}{one}",
    )


def read_history(path: Path, columns: Sequence[str]) -> list[dict[str, float]]:
    """Reads `history.csv`.

    Args:
        path: The file.
        columns: What every row has a finite number for; one of them is "epoch".

    Raises:
        InputError: A row is no row of a history.
    """
    needed = f"A row an epoch, in order, of finite numbers: {', '.join(columns)}."
    parse = partial(_history, columns=columns)
    return read_text(path, "the history is damaged", needed, parse)


def read_text(
    path: Path, what: str, needed: str, parse: Callable[[str], Found]
) -> Found:
    """Reads a text file of a run.

    Args:
        path: The file.
        what: What is said of it where it is damaged.
        needed: What such a file holds.
        parse: Makes something of its text, or raises a ForeignError that says why not.

    Raises:
        InputError: It is damaged, too large, or no file to read.
        FileNotFoundError: It is missing.
        NotADirectoryError: What should be its folder is none.
    """
    try:
        return parse(read_regular(path, largest=LARGEST).decode())
    except (FileNotFoundError, NotADirectoryError):
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"Run folder {path.parent}: {what}.",
            given=f"{path}: {str(error)[:200]}",
            needed=needed,
            write=ANEW,
        ) from error


def parse_json(text: str) -> Any:
    """Parses JSON that can be written back: no NaN, no half characters.

    Args:
        text: The text.

    Raises:
        ForeignError: It is no such JSON, or nested too deep.
    """

    def refuse(word: str) -> Never:
        raise ForeignError(f"{word} is no number")

    try:
        value = json.loads(text, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise ForeignError(str(error)) from error
    _must_be_shallow(value)
    return value


def _must_be_shallow(value: Any) -> None:
    """Refuses what whoever walks through it has no stack for."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            one
            for whole in level
            if isinstance(whole, list | dict)
            for one in (whole.values() if isinstance(whole, dict) else whole)
        ]
        if not level:
            return
    raise ForeignError(f"lists and tables stand in each other, {DEEPEST} deep or more")


def _recipe(text: str) -> dict[str, Any]:
    contents = _tables(text, ("recipe", "data", "versions"))
    task = contents["recipe"].get("task")
    if task not in (None, *TASKS):
        raise ForeignError(f"task is {task!r}, and not one of {', '.join(TASKS)}")
    _check_data(contents["data"])
    return contents


def _plan(text: str) -> dict[str, Any]:
    contents = _tables(text, ("recipe", "versions"))
    for name in ("depths", "seeds"):
        found = contents.get(name)
        if not isinstance(found, list) or not all(type(one) is int for one in found):
            raise ForeignError(f"the {name} are no list of whole numbers")
    return contents


def _tables(text: str, parts: Sequence[str]) -> dict[str, Any]:
    """Returns what has these tables, and a backend among the versions."""
    contents = parse_json(text)
    if not isinstance(contents, dict) or not set(parts) <= contents.keys():
        raise ForeignError(f"{listed(parts, last='or')} is missing")
    for part in parts:
        if not isinstance(contents[part], dict):
            raise ForeignError(f"{part} is no table of names and values")
    backend = contents["versions"].get("backend")
    if not isinstance(backend, str | None):
        raise ForeignError("the backend is no text")
    return contents


def _check_data(data: dict[str, Any]) -> None:
    classes = data.get("classes", [])
    if not isinstance(classes, list) or not all(isinstance(c, str) for c in classes):
        raise ForeignError("the classes are no list of names")
    if not isinstance(data.get("sha256", ""), str):
        raise ForeignError("the fingerprint of the data is no text")


def _history(text: str, columns: Sequence[str]) -> list[dict[str, float]]:
    try:
        found = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ForeignError(str(error)) from error
    return [_row(number, cells, columns) for number, cells in enumerate(found, 1)]


def _row(
    number: int, cells: dict[str, Any], columns: Sequence[str]
) -> dict[str, float]:
    if missing := [name for name in columns if cells.get(name) is None]:
        raise ForeignError(f"row {number} has no {missing[0]}")
    row = {name: float(cells[name]) for name in columns}
    for name, value in row.items():
        if not math.isfinite(value):
            raise ForeignError(f"row {number}, {name}: {value} is no finite number")
    if row["epoch"] != number:
        raise ForeignError(f"row {number} is of epoch {row['epoch']:g}")
    return row
