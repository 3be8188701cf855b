"""Public names: imported when they are first used, and listed without the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def late(
    package: str, offered: Sequence[str], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns the `__getattr__` and the `__dir__` of a package.

    Keras takes its backend as it is imported, and takes seconds. So it is imported by
    the first name that needs it: the command line chooses a backend before that, and
    answers what needs none.

    Args:
        package: The package's name.
        offered: Its public names.
        homes: The module in it that has a name; a name without one is a module itself.

    Examples:
        >>> get, names = late("keras_residual", ["ResidualError"], {
        ...     "ResidualError": "common.errors"})
        >>> get("ResidualError").__name__, names()
        ('ResidualError', ['ResidualError'])
    """

    def get(name: str) -> Any:
        if name not in offered:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if name not in homes:
            return import_module(f"{package}.{name}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return get, public(offered)


def public(offered: Sequence[str]) -> Callable[[], list[str]]:
    """Returns the `__dir__` of a module: its public names, not what it imports.

    Args:
        offered: Its `__all__`.

    Examples:
        >>> public(["add", "gate"])()
        ['add', 'gate']
    """
    return lambda: list(offered)
