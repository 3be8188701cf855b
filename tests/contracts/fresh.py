"""What a fresh process does with the rows; run by test_processes.py, never imported.

python fresh.py names           prints the names of all layers, as JSON
python fresh.py load FOLDER     loads every file with Keras alone, then what failed with
                                our package imported; prints both failures
"""

import json
import sys
from pathlib import Path


def names() -> dict[str, list[str]]:
    """Builds the rows in the reverse order, so that others were built before."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from contracts.table import ROWS

    found = {}
    for row in reversed(ROWS):
        found[row.name] = [layer.name for layer in row.model().layers[1:]]
    return found


def load(folder: Path) -> list[dict[str, str]]:
    """Loads and runs each `<n>.keras` beside its `<n>.npz`; returns what went wrong."""
    sys.modules["keras_residual"] = None  # type: ignore[assignment]  importing it fails
    alone = _wrong(sorted(folder.glob("*.keras")))
    del sys.modules["keras_residual"]
    import keras_residual  # noqa: F401  registers its layers

    return [alone, _wrong([folder / f"{name}.keras" for name in alone])]


def _wrong(files: list[Path]) -> dict[str, str]:
    import keras
    import numpy as np

    wrong = {}
    for file in files:
        with np.load(file.with_suffix(".npz")) as expected:
            x, y = expected["x"], expected["y"]
        try:
            model = keras.models.load_model(file, safe_mode=True)
            found = model.predict_on_batch(x)
            np.testing.assert_allclose(found, y, rtol=1e-5, atol=1e-5)
        except Exception as error:  # whatever it is, it is told
            wrong[file.stem] = f"{type(error).__name__}: {error}"
    return wrong


if __name__ == "__main__":
    done = names() if sys.argv[1] == "names" else load(Path(sys.argv[2]))
    print("\n" + json.dumps(done))
