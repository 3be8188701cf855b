"""Packages that come with an extra: where one is missing, it is said how to get it."""

from __future__ import annotations

from importlib import import_module
from types import TracebackType

from keras_residual.common.errors import PackageError


def missing(doing: str, package: str, name: str) -> PackageError:
    """Returns the error that says which extra brings a package.

    Args:
        doing: What needs it, as a title.
        package: Its name, or several.
        name: The extra.

    Examples:
        >>> print(missing("Reading a table", "pandas", "train"))
        Reading a table: a package is missing.
          given  not installed: pandas
        It comes with an extra of keras-residual, "train".
        Write:   pip install "keras-residual[train]"
    """
    return PackageError(
        f"{doing}: a package is missing.",
        given=f"not installed: {package}",
        needed=f'It comes with an extra of keras-residual, "{name}".',
        write=f'pip install "keras-residual[{name}]"',
    )


class extra:  # noqa: N801  it is written as a statement
    """Stands around an import of what an extra brings.

    Args:
        name: The extra, as in pyproject.toml.
        doing: What needs it, as a title.

    Raises:
        PackageError: What is imported, or what that imports, is not installed.

    Examples:
        >>> with extra("train", "Reading a table"):
        ...     import pandas as pd
    """

    def __init__(self, name: str, doing: str) -> None:
        self.name, self.doing = name, doing

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What is there and fails is broken, not missing: that keeps its own words.
        if isinstance(error, ModuleNotFoundError):
            package = str(error.name).partition(".")[0]
            raise missing(self.doing, package, self.name) from error


def require(name: str, doing: str, *packages: str) -> None:
    """Refuses to begin what could not end.

    Args:
        name: The extra.
        doing: What needs the packages, as a title.
        *packages: What has to be there.

    Raises:
        PackageError: One is not installed.
    """
    with extra(name, doing):
        for package in packages:
            import_module(package)
