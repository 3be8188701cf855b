"""What a killed run has seen, and one in which all that draws draws at once."""

import errno
import os
import shutil
from collections import Counter
from itertools import chain

import keras
import numpy as np
import pytest
from killed import LARGE, KilledError, at, go_on, kill, same
from small_data import make_pictures

import keras_residual as kr
from keras_residual.compose.models import registry
from keras_residual.train import Recipe, SaveError, fit, network
from keras_residual.train.resuming import checkpoints
from keras_residual.train.resuming.checkpoints import Checkpoints

pytestmark = pytest.mark.usefixtures("in_small")
TWICE = [("on_train_batch_end", 5, False), ("on_train_batch_end", 1, True)]


def seen_by(log):
    """Returns a layer that notes which examples training gives it."""

    class Seen(keras.layers.Layer):
        def call(self, values, training=None):
            if training:
                try:
                    read = np.asarray(keras.ops.convert_to_numpy(values))
                except Exception:  # each backend traces without values
                    return values
                log.append([int(number) for number in read[:, 0]])
            return values

    return Seen()


def test_every_example_is_seen_once_an_epoch_however_often_it_was_killed(
    tmp_path, monkeypatch
):
    log = []

    def trained(place, **more):
        log.clear()
        keras.utils.clear_session()
        keras.utils.set_random_seed(3)
        layers = [seen_by(log), keras.layers.Dense(2)]
        model = keras.Sequential([keras.Input((2,)), *layers])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss, run_eagerly=True)
        numbers = np.arange(22, dtype="f4")
        values, labels = np.stack([numbers, numbers % 3], 1), np.arange(22) % 2
        recipe = Recipe(epochs=3, batch_size=6, checkpoint_every=2)
        fit(model, (values, labels), recipe, out=tmp_path / place, **more)

    trained("whole")
    whole = list(log)
    assert len(whole) == 12
    seen = []
    for hook, count, first in (*TWICE, ("on_test_batch_end", 1, False), *TWICE):
        with monkeypatch.context() as patched:
            at(patched, hook, count, kill, first=first)
            with pytest.raises(KilledError):
                trained("run", resume=True)
        newest = Checkpoints(tmp_path / "run" / "checkpoints").latest(LARGE).snapshot
        # What was done since the checkpoint is lost with what it changed.
        seen += log[: newest.step - len(seen)]
    trained("run", resume=True)
    seen += log
    assert seen == whole
    per_epoch = len(whole) // 3
    everyone = Counter(chain(*whole[:per_epoch]))
    assert set(everyone.values()) == {1}
    for start in range(0, len(seen), per_epoch):
        assert Counter(chain(*seen[start : start + per_epoch])) == everyone


def drawing(x, classes):
    """A network with all that draws in training."""
    x = kr.conv(4, 3)(x)
    for _ in range(2):
        x = kr.blocks.basic(4, tail=kr.drop_path(0.5))(x)
    x = kr.dropout(0.5)(kr.pool("global_average")(x))
    return kr.dense(classes or 2)(x)


def test_augmented_dropped_averaged_and_accumulated_it_ends_the_same(
    tmp_path, monkeypatch
):
    known = registry.Own(drawing, (8, 8, 3))
    monkeypatch.setitem(registry.FAMILIES, "drawing", known)
    plain = network.optimizer_of

    def averaged(*given):
        found = plain(*given)
        found.use_ema, found.ema_momentum = True, 0.9
        found.ema_overwrite_frequency = 3
        return found

    monkeypatch.setattr(network, "optimizer_of", averaged)
    recipe = Recipe(
        data=str(make_pictures(tmp_path / "pictures", count=32)),
        model="drawing",
        augment="flip-crop",
        epochs=2,
        batch_size=7,
        validation=0.25,
        accumulate=2,
        checkpoint_every=3,
        learning_rate=0.05,
    )
    keras.utils.clear_session()
    fit(recipe, tmp_path / "whole")
    for hook, count, first in (*TWICE, ("on_test_batch_end", 1, False)):
        with monkeypatch.context() as patched:
            at(patched, hook, count, kill, first=first)
            with pytest.raises(KilledError):
                go_on(tmp_path / "run", recipe)
    go_on(tmp_path / "run", recipe)
    same(tmp_path / "run", tmp_path / "whole")
    found = Checkpoints(tmp_path / "run" / "checkpoints").latest(LARGE).snapshot
    names = " ".join(found.training)
    assert all(part in names for part in ("seeds/", "average", "accumulator"))
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    before = (tmp_path / "run" / "model.keras").read_bytes()
    go_on(tmp_path / "run", recipe)  # it is finished, and trained no further
    assert (tmp_path / "run" / "model.keras").read_bytes() == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_refuses_ends_the_run_at_once_and_loses_nothing(
    whole, tmp_path, monkeypatch, number
):
    write, written = checkpoints.write, []

    def refuse(path, arrays):
        written.append(path)
        if len(written) > 2:  # two files a checkpoint: the second one's first
            raise OSError(number, os.strerror(number))
        write(path, arrays)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write", refuse)
        with pytest.raises(SaveError, match=os.strerror(number)):
            go_on(tmp_path / "run", whole[1])
    assert len(written) == 3  # and no step was taken after it
    newest = Checkpoints(tmp_path / "run" / "checkpoints").latest(LARGE)
    assert (newest.snapshot.step, newest.damaged) == (2, ())
    go_on(tmp_path / "run", whole[1])
    same(tmp_path / "run", whole[0])
