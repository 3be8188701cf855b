"""What holds from one process to the next: names, and files that Keras alone opens."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from .table import ROWS

HERE = Path(__file__).parent


def fresh(*words: str) -> dict:
    """Runs fresh.py on our backend; returns the last line that it printed."""
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    command = [sys.executable, HERE / "fresh.py", *words]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def names(row) -> list[str]:
    return [layer.name for layer in row.model().layers[1:]]


def test_names_are_the_same_in_a_fresh_process_and_whatever_was_built_before():
    first = {row.name: names(row) for row in ROWS}
    again = {row.name: names(row) for row in ROWS}
    assert again == first
    assert fresh("names") == first


def uses_our_layers(model: keras.Model) -> bool:
    return any(
        uses_our_layers(layer)
        if isinstance(layer, keras.Model)
        else type(layer).__module__.startswith("keras_residual")
        for layer in model.layers
    )


def test_table_states_which_rows_need_our_package():
    stated = [row.name for row in ROWS if row.ours]
    assert [row.name for row in ROWS if uses_our_layers(row.model())] == stated


def test_files_open_with_keras_alone(tmp_path):
    """All but the rows that state why not; those fail, so the check is a check."""
    for number, row in enumerate(ROWS):
        model = row.model()
        x = np.random.default_rng(9).normal(size=(2, *row.shape)).astype("float32")
        y = keras.ops.convert_to_numpy(model(x, training=False))
        model.save(tmp_path / f"{number}.keras")
        np.savez(tmp_path / f"{number}.npz", x=x, y=y)
    wrong = {
        ROWS[int(n)].name: error for n, error in fresh("load", str(tmp_path)).items()
    }
    needing = {row.name for row in ROWS if row.ours}
    assert {name: wrong[name] for name in wrong.keys() - needing} == {}
    assert wrong.keys() == needing
    assert all("keras_residual" in error for error in wrong.values())
