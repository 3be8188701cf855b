"""The settings of `keras-residual check` in a project's pyproject.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import read_regular
from keras_residual.common.wording import nearest
from keras_residual.train.mistake import InputError

LARGEST = 2**20
KNOWN: dict[str, type] = {"select": list, "ignore": list, "intended": dict}


def check_settings(folder: Path) -> dict[str, Any]:
    """Reads the table `[tool.keras-residual.check]` of the nearest pyproject.toml.

    Args:
        folder: Where to begin; the folders above are looked through.

    Returns:
        What is set of `select`, `ignore` and `intended`.

    Raises:
        InputError: If the file is no TOML, or says what is not known.
    """
    file = next(
        (
            up / "pyproject.toml"
            for up in (folder, *folder.parents)
            if (up / "pyproject.toml").exists()
        ),
        None,
    )
    if file is None:
        return {}
    found = _table(file)
    for name, value in found.items():
        if not isinstance(value, KNOWN.get(name, ())):
            raise InputError(
                f"{file}: no such setting in [tool.keras-residual.check].",
                given=f"{name} = {value!r}",
                needed="`select` and `ignore` are lists of rules; `intended` names "
                "patterns of paths for each rule.",
                write=f"{nearest(name, KNOWN)}, as in  "
                'intended = { KR101 = ["tcn_*"] }',
            )
    return found


def _table(file: Path) -> dict[str, Any]:
    try:
        found: Any = tomllib.loads(read_regular(file, largest=LARGEST).decode())
        for name in ("tool", "keras-residual", "check"):
            found = found.get(name, {})
            if not isinstance(found, dict):
                raise ForeignError(f"{name} = {found!r} is no table")
        return found
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{file} cannot be read.",
            given=str(error)[:200],
            needed="A pyproject.toml is TOML in UTF-8.",
            write="what the message names, corrected",
        ) from None
