"""Readings as scalars for TensorBoard."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any


class Scalars:
    """Writes readings to a folder that TensorBoard shows.

    A column is a group, a unit a curve in it: `ratio/stage1_block1_add`.

    Args:
        folder: The folder.

    Raises:
        ImportError: TensorBoard is not installed.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        try:
            from tensorboard.summary import Writer
        except ImportError as error:
            raise ImportError(
                "ResidualMonitor: TensorBoard is not installed.\n"
                f"  given  tensorboard={fspath(folder)!r}\n"
                "Its files are written by its own package.\n"
                "Write:  pip install keras-residual[tensorboard]"
            ) from error
        self._writer = Writer(fspath(folder))

    def write(self, step: int, columns: dict[str, dict[str, Any]]) -> None:
        """Adds the numbers of one reading.

        Args:
            step: The training step.
            columns: For each column the numbers by unit; None is left out.
        """
        for column, numbers in columns.items():
            for unit, number in numbers.items():
                if number is not None:
                    self._writer.add_scalar(f"{column}/{unit}", number, step)
        self._writer.flush()

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()
