"""What to do with a run: commands with its own paths."""

from __future__ import annotations

from pathlib import Path
from shlex import join

import numpy as np

from keras_residual.common.terminal import escape
from keras_residual.train.data import Dataset
from keras_residual.train.recipe import Recipe
from keras_residual.train.run_folder import RunFolder

_WORDS = ("label", "separator", "layout", "background")


def onward(folder: RunFolder, dataset: Dataset, recipe: Recipe) -> str:
    """Lists commands that go on from here.

    Args:
        folder: The run folder.
        dataset: What it was trained on.
        recipe: The settled recipe.
    """
    model, data = str(folder.model), str(recipe.data)
    steps = {
        "What the network says of a file; this one it knows:": [
            "predict",
            str(folder.path),
            _file(dataset, data),
        ],
        "Look into the network, with measures of each residual unit:": [
            *("inspect", model, "--data", data),
            *_reading(recipe),
        ],
        "Write it for a phone, a browser or a server:": ["export", model],
    }
    told = "".join(
        f'<p class="quiet">{said}</p><pre class="card"><code>'
        f"{escape(join(['keras-residual', *words]))}</code></pre>"
        for said, words in steps.items()
    )
    return f'<h2>What next</h2><p class="quiet">{_WHERE}</p>{told}'


_WHERE = "From the folder that the run was started in:"


def _file(dataset: Dataset, data: str) -> str:
    """Names a file that `predict` reads: one held out, or the data itself."""
    origin = dataset.test.origin(0)
    if isinstance(origin, Path):
        return str(origin)
    if Path(data).suffix == ".npz" and Path(data).is_file():
        with np.load(data, allow_pickle=False) as arrays:
            return data if "x" in arrays.files else "FILE.npz"
    if Path(data).is_file():
        return data
    return "PICTURE.png" if dataset.kind == "picture" else "FILE"


def _reading(recipe: Recipe) -> list[str]:
    """Returns the switches of how the run read its data."""
    found = []
    for name in _WORDS:
        value = getattr(recipe, name)
        several = value if isinstance(value, list | tuple) else [value]
        for one in several:
            found += [] if one is None else [f"--{name}", str(one)]
    if recipe.header is not None:
        found.append("--header" if recipe.header else "--no-header")
    if recipe.validation != Recipe.validation:
        found += ["--validation", f"{recipe.validation:g}"]
    return [*found, *(["--skip-bad"] if recipe.skip_bad else [])]
