"""What holds from one process to the next: names, and files that Keras alone opens."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from .table import ROWS

HERE = Path(__file__).parent


def fresh(*words: str) -> Any:
    """Runs fresh.py on our backend; returns the last line that it printed."""
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # it runs each model once
    command = [sys.executable, HERE / "fresh.py", *words]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def models() -> dict[str, keras.Model]:
    return {row.name: row.model() for row in ROWS}


def names(models: dict[str, keras.Model]) -> dict[str, list[str]]:
    return {
        row: [layer.name for layer in model.layers[1:]] for row, model in models.items()
    }


def test_names_are_the_same_in_a_fresh_process_and_whatever_was_built_before(models):
    again = {row.name: row.model() for row in ROWS}
    assert names(again) == names(models)
    assert fresh("names") == names(models)


def uses_our_layers(model: keras.Model) -> bool:
    return any(
        uses_our_layers(layer)
        if isinstance(layer, keras.Model)
        else type(layer).__module__.startswith("keras_residual")
        for layer in model.layers
    )


def test_table_states_which_rows_need_our_package(models):
    stated = [row.name for row in ROWS if row.ours]
    assert [row for row, model in models.items() if uses_our_layers(model)] == stated


def test_files_open_with_keras_alone(models, tmp_path):
    """All but the rows that state why not; those need our package to be imported."""
    for number, row in enumerate(ROWS):
        model = models[row.name]
        x = np.random.default_rng(9).normal(size=(2, *row.shape)).astype("float32")
        y = model.predict_on_batch(x)
        model.save(tmp_path / f"{number}.keras")
        np.savez(tmp_path / f"{number}.npz", x=x, y=y)
    alone, with_ours = fresh("load", str(tmp_path))
    assert with_ours == {}
    wrong = {ROWS[int(n)].name: error for n, error in alone.items()}
    needing = {row.name for row in ROWS if row.ours}
    assert {name: wrong[name] for name in wrong.keys() - needing} == {}
    assert wrong.keys() == needing
    assert all("keras_residual" in error for error in wrong.values())
