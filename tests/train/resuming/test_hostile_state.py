"""A checkpoint whose seal is right and whose state is a stranger's.

Whoever can write a file can compute its SHA-256, too. What stands in such a file is
refused, or it is a state that a run can have.
"""

import copy
import json
import shutil
import signal
from dataclasses import replace

import keras
import numpy as np
import pytest
from killed import tell
from small_data import make_arrays

from keras_residual.common.errors import ForeignError, ResidualError
from keras_residual.train import InputError, Recipe, fit, resume
from keras_residual.train.resuming import checkpoints as module
from keras_residual.train.resuming.callback_states import CallbackStates
from keras_residual.train.resuming.checkpoints import (
    MANIFEST,
    STATE,
    TRAINING,
    WEIGHTS,
    Checkpoints,
)
from keras_residual.train.resuming.saving import SaveRun

MUTATIONS = 120
DEEP = 5_000
STRANGE = (
    *(None, True, False, 0, -1, 1.5, 7, 2**53, 10**400, -(10**400)),
    *("", "nan", "inf", "../../x", "\x00", "wait", "00000002"),
    *([], {}, [[]], [None], {"": 0}, {"epoch": 1}, {"class": "EarlyStopping"}),
)


def write(place, state, **changes):
    """Writes the state of a checkpoint, and the seal that it needs."""
    text = state if isinstance(state, str) else json.dumps(state)
    (place / STATE).write_text(text, encoding="utf-8")
    manifest = json.loads((place / MANIFEST).read_text())
    manifest["files"][STATE] = module._described(place / STATE)
    manifest |= changes
    (place / MANIFEST).write_text(module._sealed(manifest))


def places(value, path=()):
    """Yields the path of each value in JSON."""
    yield path
    inside = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        inside = dict(enumerate(value))
    for name, one in inside.items():
        yield from places(one, (*path, name))


def chosen(chance, values):
    return values[chance.integers(len(values))]


def mutated(state, chance):
    """Returns a state with one value that is strange, missing, or one too many."""
    found = copy.deepcopy(state)
    *way, last = chosen(chance, [path for path in places(found) if path])
    inside = found
    for name in way:
        inside = inside[name]
    kind = chance.integers(6)
    if kind == 0:
        del inside[last]
    elif kind == 1 and isinstance(inside, dict):
        inside[chosen(chance, ("model", "__class__", "patience", "x y"))] = 1
    elif kind == 1:
        inside.append(inside[last])
    else:
        inside[last] = chosen(chance, STRANGE)
    return found


def model():
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    made = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    made.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return made


DATA = np.linspace(-1, 1, 12, dtype="f4").reshape(6, 2), np.arange(6) % 3
RECIPE = Recipe(epochs=2, batch_size=3, validation=0.34, checkpoint_every=1)


def train(folder, **more):
    return fit(model(), DATA, RECIPE, out=folder, **more)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Runs stopped within an epoch, at its end, and within its validation."""
    folder = tmp_path_factory.mktemp("stopped")
    for hook in ("on_train_batch_end", "on_epoch_end", "on_test_batch_end"):
        original = getattr(SaveRun, hook)

        def told(self, *given, original=original, **named):
            tell(signal.SIGTERM)
            original(self, *given, **named)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SaveRun, hook, told)
            with pytest.raises(SystemExit):
                train(folder / hook)
    return sorted(folder.iterdir())


@pytest.mark.parametrize("number", range(3))
def test_a_state_that_is_sealed_and_wrong_is_refused_or_does_no_harm(
    stopped, tmp_path, number
):
    whole = stopped[number]
    chance = np.random.default_rng(number)
    refused = 0
    for turn in range(MUTATIONS // 3):
        run = shutil.copytree(whole, tmp_path / str(turn))
        newest, *older = Checkpoints(run / "checkpoints").places()
        for place in older:  # not to be gone on from instead
            shutil.rmtree(place)
        state = json.loads((newest / STATE).read_text())
        write(newest, mutated(state, chance))
        try:
            rows = train(run, resume=True).rows
        except ResidualError:
            refused += 1
        else:
            assert [row["epoch"] for row in rows] == [1, 2]
            assert all(np.isreal(one) for row in rows for one in row.values())
    assert refused > MUTATIONS // 6


@pytest.mark.parametrize(
    "state",
    [
        pytest.param("[" * DEEP + "]" * DEEP, id="deep"),
        pytest.param('{"rows":' + "[" * 200 + "]" * 200 + "}", id="not so deep"),
        pytest.param('{"epoch": NaN}', id="NaN"),
        pytest.param('{"epoch": 1e999}', id="beyond floats"),
        pytest.param('{"epoch": ' + "9" * 5000 + "}", id="five thousand digits"),
        pytest.param('{"epoch": "\\ud800"}', id="half a character"),
        pytest.param("[]", id="a list"),
        pytest.param("", id="nothing"),
    ],
)
def test_text_that_is_no_state_is_refused(stopped, tmp_path, state):
    run = shutil.copytree(stopped[0], tmp_path / "run")
    for place in Checkpoints(run / "checkpoints").places():
        write(place, state)
    with pytest.raises(InputError, match="none of them is whole"):
        train(run, resume=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"step": 10**400},
        {"step": "2"},
        {"step": 9},
        {"validated": 1},
        {"files": {}},
        {"files": {STATE: 1, WEIGHTS: [], TRAINING: None}},
        {"versions": [[[[]]]], "step": -1},
    ],
)
def test_a_manifest_that_is_sealed_and_wrong_is_refused(stopped, tmp_path, changes):
    run = shutil.copytree(stopped[0], tmp_path / "run")
    for place in Checkpoints(run / "checkpoints").places():
        write(place, "{}", **changes)
    with pytest.raises(InputError, match="none of them is whole"):
        train(run, resume=True)


@pytest.mark.parametrize(
    "values",
    [
        {"monitor_op": 3},
        {"_model": 1},
        {"params": {}},
        {"on_epoch_end": 1},
        {"wait": [1]},
        {"wait": {"dict": {"a": 1}}},
        {"wait": {"float": "1e5"}},
        {"wait": "1"},
        {"best_weights": {"arrays": 2**60}},
        {"best_weights": {"arrays": -1}},
        {"x y": 1},
    ],
)
def test_what_a_callback_cannot_hold_is_refused(values):
    early = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
    states = CallbackStates([early])
    states.begin()
    known = dict(vars(early))
    with pytest.raises(ForeignError, match="EarlyStopping"):
        states.give([{"class": "EarlyStopping", "values": values}], {})
    assert vars(early) == known


@pytest.mark.parametrize("seconds", [[1], {"float": "nan"}, -1, 10**400])
def test_a_callback_that_says_itself_what_it_knows_refuses_in_our_words(
    stopped, tmp_path, seconds
):
    run = shutil.copytree(stopped[0], tmp_path / "run")
    newest = Checkpoints(run / "checkpoints").places()[0]
    state = json.loads((newest / STATE).read_text())
    state["callbacks"][0]["values"]["seconds"] = seconds
    write(newest, state)
    with pytest.raises(InputError, match="HistoryFile"):
        train(run, resume=True)


def test_a_run_by_name_refuses_rows_of_other_columns(tmp_path):
    recipe = Recipe(
        data=str(make_arrays(tmp_path / "a.npz", (6,))), epochs=1, batch_size=24
    )
    run = fit(recipe, tmp_path / "run").folder
    newest = Checkpoints(run / "checkpoints").places()[0]
    state = json.loads((newest / STATE).read_text())
    for change, said in (
        ({"rows": [{"epoch": 1, "loss": 1.0}]}, "its rows are not"),
        ({"rows": [{**state["rows"][0], "loss": 10**400}]}, "no number"),
        ({"epoch": 0, "done": 2, "rows": [], "logs": {"loss": 1}}, "something else"),
    ):
        whole = state["per_epoch"] == change.get("done")
        place = newest.parent / ("00000002" + "-unvalidated" * whole)
        if place != newest:
            newest = newest.rename(place)
        write(newest, state | change, validated=not whole)
        with pytest.raises(InputError, match=said):
            resume(run)


def test_a_best_checkpoint_that_is_damaged_is_said_and_not_needed(tmp_path):
    train(tmp_path / "run")
    places = Checkpoints(tmp_path / "run" / "checkpoints").places()
    state = json.loads((places[0] / STATE).read_text())
    for place in places[1:]:
        (place / MANIFEST).write_bytes(b"\xff not text")
    write(places[0], state | {"best": places[1].name})
    (tmp_path / "run" / "best.weights.h5").write_text("nonsense")
    assert len(train(tmp_path / "run", resume=True).rows) == 2


def test_checkpoints_of_a_run_with_another_seed_are_refused(stopped, tmp_path):
    run = shutil.copytree(stopped[0], tmp_path / "run")
    contents = json.loads((run / "recipe.json").read_text())
    contents["recipe"]["seed"] += 1
    (run / "recipe.json").write_text(json.dumps(contents))
    other = replace(RECIPE, seed=RECIPE.seed + 1)
    with pytest.raises(InputError, match="another run"):
        fit(model(), DATA, other, out=run, resume=True)
