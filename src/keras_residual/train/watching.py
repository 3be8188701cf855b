"""Reads the residual units while a run goes on."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from keras_residual.common.errors import ForeignError
from keras_residual.measures import ResidualMonitor
from keras_residual.measures.monitor import FILE
from keras_residual.train.data import Dataset
from keras_residual.train.distributed.hosts import is_writer
from keras_residual.train.run_files import read_text
from keras_residual.train.run_folder import RunFolder

PROBE = 32  # examples; more make the readings slower, and hardly steadier
MOST = 2**62  # steps; no run has more


def watch_units(folder: RunFolder, dataset: Dataset, every: int) -> ResidualMonitor:
    """Returns the monitor of a run; it looks at examples held out.

    Args:
        folder: The run folder, which the readings are written to.
        dataset: What the run is trained on.
        every: Steps between two readings.
    """
    count = min(PROBE, len(dataset.test.labels))
    probe = dataset.test.batch(np.arange(count))
    place = folder.path if is_writer() else None
    return ResidualMonitor(probe, every=every, log_dir=place)


def ratios_of_units(folder: RunFolder) -> dict[int, dict[str, float | None]]:
    """Returns the branch-to-stream ratio of each unit, by training step.

    A stopped run goes on from its last checkpoint; of the steps that it takes
    again, the later reading counts. A line that a kill cut off is left out.

    Args:
        folder: The run folder.

    Returns:
        The ratios by unit, by step in order; nothing where the run was not watched.

    Raises:
        InputError: The file holds what no monitor wrote.
    """
    needed = "A reading a line, as a run writes them: a step, and a ratio a unit."
    try:
        path = folder.path / FILE
        return read_text(path, "the readings are damaged", needed, _ratios)
    except FileNotFoundError:
        return {}


def _ratios(text: str) -> dict[int, dict[str, float | None]]:
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            reading = json.loads(line)
        except ValueError:
            continue
        if not _is_reading(reading):
            raise ForeignError(f"line {number} is no reading")
        found[reading["step"]] = reading["ratio"]
    if len({tuple(ratios) for ratios in found.values()}) > 1:
        raise ForeignError("the readings are of different units")
    return dict(sorted(found.items()))


def _is_reading(reading: Any) -> bool:
    if not isinstance(reading, dict) or type(reading.get("step")) is not int:
        return False
    ratios = reading.get("ratio")
    if not isinstance(ratios, dict) or not 0 <= reading["step"] < MOST:
        return False
    return all(one is None or _is_finite(one) for one in ratios.values())


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= sys.float_info.max
