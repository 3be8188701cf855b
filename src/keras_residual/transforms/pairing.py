"""What two models show of themselves, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np

from keras_residual.transforms.trials import Numbers
from keras_residual.transforms.witness import AT, BEFORE, MASK, SEEDS, STATE


def paired(
    old: Numbers, new: Numbers, merges: Collection[str], losses: Collection[str]
) -> tuple[Numbers, Numbers]:
    """Pairs what two models showed inside; what only one showed is as good as nothing.

    No mask is one that keeps every step, and no loss is zero.

    Args:
        old: What the old model showed.
        new: What the new one did.
        merges: The merges that both have under one path.
        losses: Which losses both should have.
    """
    before, after = {}, {}
    for name in dict.fromkeys([*old, *new]):
        one, other = old.get(name), new.get(name)
        if name.startswith(BEFORE) or name.removeprefix(AT) in merges:
            if one is None or other is None or one.shape != other.shape:
                continue  # the other model has no such place
        elif name.startswith(MASK):
            one, other = _or_else(1.0, one, other)
        elif name in losses or name.startswith(STATE):
            one, other = _or_else(0.0, one, other)
        elif name == SEEDS:
            one, other = _seeds(one, other)
        else:
            continue
        before[name], after[name] = one, other
    return before, after


def _or_else(value: float, one: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    if one is None:
        one = np.full_like(other, value)
    return one, np.full_like(one, value) if other is None else other


def _seeds(one: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    """Compares the seeds that were drawn from; a layer that goes takes its own."""
    old, new = (np.zeros((0, 2)) if each is None else each for each in (one, other))
    kept = Counter(map(tuple, new)) <= Counter(map(tuple, old))
    return (new, new) if kept else (old, new)
