"""Says what HDF5 files hold of a loss in the words of `.keras` files."""

from __future__ import annotations

from typing import Any


def told_loss(loss: Any) -> Any:
    """Returns a loss, or several, as `find_loss` reads them.

    Args:
        loss: A name, an object without its module, or lists and dicts of them.
    """
    if isinstance(loss, list):
        return [told_loss(one) for one in loss]
    if not isinstance(loss, dict):
        return loss
    if "class_name" not in loss:
        return {name: told_loss(one) for name, one in loss.items()}
    inside = loss.get("config")
    if "module" in loss or not isinstance(inside, dict):
        return loss
    inside = {key: value for key, value in inside.items() if key != "fn"}
    if inside.get("reduction") == "auto":  # Keras 2, which meant the same by it
        inside["reduction"] = "sum_over_batch_size"
    return {**loss, "module": "keras.losses", "config": inside}
