"""The measures that a command is asked for, by their names."""

from __future__ import annotations

from typing import Any

from keras_residual.common.wording import closest, listed
from keras_residual.train.mistake import InputError

# As in `measures/accumulator.py`, which imports Keras; a test compares.
NAMES = (
    *("ratio", "cosine", "negative", "stream_squared_mean", "stream_variance"),
    *("branch_squared_mean", "branch_variance", "influence", "gate", "scale"),
    *("gradient", "weight_gradient", "lesion", "gain"),
    *("mixing_forward", "mixing_backward", "lane_similarity"),
)


def columns_in(text: str | None) -> Any:
    """Returns the names in an option, as `measure` takes them.

    Args:
        text: Names with commas, or "all"; None where nothing was said.

    Raises:
        InputError: One names no measure.
    """
    if text is None or text == "all":
        return text
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in NAMES:
            raise InputError(
                f"Measure: there is no column {name!r}.",
                given=f"--columns {text}",
                needed=f"The columns are {listed(NAMES, len(NAMES))}.",
                write=f"--columns {closest(name, NAMES)}",
            )
    return names
