"""Reads the residual units while a run goes on."""

from __future__ import annotations

import json

import numpy as np

from keras_residual.read.measures import ResidualMonitor
from keras_residual.read.measures.monitor import FILE
from keras_residual.train.data import Dataset
from keras_residual.train.run_folder import RunFolder

PROBE = 32  # examples; more make the readings slower, and hardly steadier


def watch_units(folder: RunFolder, dataset: Dataset, every: int) -> ResidualMonitor:
    """Returns the monitor of a run; it looks at examples held out.

    Args:
        folder: The run folder, which the readings are written to.
        dataset: What the run is trained on.
        every: Steps between two readings.
    """
    count = min(PROBE, len(dataset.test.labels))
    probe = dataset.test.batch(np.arange(count))
    return ResidualMonitor(probe, every=every, log_dir=folder.path)


def ratios_of_units(folder: RunFolder) -> dict[int, dict[str, float | None]]:
    """Returns the branch-to-stream ratio of each unit, by training step.

    A stopped run goes on from its last finished epoch; of the steps that it takes
    again, the later reading counts. A line that a kill cut off is left out.

    Args:
        folder: The run folder.

    Returns:
        The ratios by unit, by step in order; nothing where the run was not watched.
    """
    path = folder.path / FILE
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            reading = json.loads(line)
            found[reading["step"]] = reading["ratio"]
        except ValueError:
            continue
    return dict(sorted(found.items()))
