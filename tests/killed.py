"""Runs that are killed in this process, and how two runs are compared."""

import signal
from contextlib import contextmanager

import keras
import numpy as np
import pytest
from small_data import make_arrays

from keras_residual.compose.models import registry, tabular
from keras_residual.train import Recipe, fit, resume
from keras_residual.train.resuming.checkpoints import Checkpoints
from keras_residual.train.resuming.saving import SaveRun

LARGE = 2**26


class KilledError(BaseException):
    """Ends a run as a kill does: nobody catches it."""


@contextmanager
def small_tables():
    """Lets a table's network be one narrow block: what is tested is around it."""
    small = tabular.Variant(width=8, depth=1, dropout_rate=0.1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(registry.FAMILIES, "tabular_resnet", small)
        yield


def recipe_for(folder, **more):
    """A table of three steps an epoch, with dropout, and gradients of two steps."""
    return Recipe(
        data=str(make_arrays(folder / "a.npz", (6,))),
        epochs=2,
        batch_size=14,
        accumulate=2,
        **{"checkpoint_every": 2, **more},
    )


def state(folder):
    """Returns all that a finished run left, but for the clock."""
    found = Checkpoints(folder / "checkpoints").latest(LARGE).snapshot
    rows = [{k: v for k, v in r.items() if k != "seconds"} for r in found.state["rows"]]
    return found.name, found.weights | found.training, rows


def same(one, other):
    name, arrays, rows = state(one)
    assert (name, rows) == (state(other)[0], state(other)[2])
    theirs = state(other)[1]
    assert arrays.keys() == theirs.keys()
    assert [k for k, v in arrays.items() if not np.array_equal(v, theirs[k])] == []


def alike(one, other):
    """As `same`, of runs whose steps two processes took: each may group its sums."""
    name, arrays, rows = state(one)
    assert name == state(other)[0]
    assert rows == [pytest.approx(row, rel=1e-5) for row in state(other)[2]]
    for key, array in state(other)[1].items():
        np.testing.assert_allclose(arrays[key], array, rtol=1e-4, atol=1e-5)


def at(monkeypatch, hook, count, do, *, first=False):
    """Does something where a callback is called for the nth time."""
    original, calls = getattr(SaveRun, hook), []

    def called(self, *arguments, **named):
        calls.append(hook)
        if first and len(calls) == count:
            do()
        original(self, *arguments, **named)
        if not first and len(calls) == count:
            do()

    monkeypatch.setattr(SaveRun, hook, called)


def kill():
    raise KilledError


def tell(number):
    """Tells the handler of a signal, as Python does; processes get real ones.

    Runtimes for exported files may leave a process in which none can be delivered: its
    stack for signals is theirs.
    """
    handler = signal.getsignal(number)
    assert callable(handler), "nobody listens"
    handler(number, None)


def go_on(folder, recipe):
    keras.utils.clear_session()
    if (folder / "recipe.json").exists():
        return resume(folder)
    return fit(recipe, folder)
