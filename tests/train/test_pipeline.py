"""The batches of a run: in order, drawn anew each epoch, and changed by chance."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_residual.train.data import ArraySource
from keras_residual.train.pipeline import Steps, augment, stream


def source(count):
    """Examples whose value is their own number."""
    numbers = np.arange(count)
    return ArraySource(numbers[:, None].astype(np.float32), numbers.astype(np.int32))


def labels(steps, epoch):
    first = epoch * steps.per_epoch
    return [steps[first + place][1].tolist() for place in range(steps.per_epoch)]


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 5), st.integers(0, 9))
def test_an_epoch_sees_each_example_once(count, batch_size, epoch, seed):
    steps = Steps(source(count), batch_size=batch_size, epochs=epoch + 1, seed=seed)
    batches = labels(steps, epoch)
    assert sorted(chain(*batches)) == list(range(count))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert len(steps) == (epoch + 1) * len(batches)


def test_the_order_differs_from_epoch_to_epoch_and_from_seed_to_seed():
    one, two = (Steps(source(40), batch_size=8, epochs=2, seed=seed) for seed in (0, 1))
    orders = [labels(one, 0), labels(one, 1), labels(two, 0), labels(two, 1)]
    assert len({str(order) for order in orders}) == 4


def test_a_step_is_the_same_whatever_was_read_before():
    pictures = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 1), dtype=np.uint8)
    data = ArraySource(pictures, np.arange(10, dtype=np.int32))

    def make():
        return Steps(data, batch_size=4, epochs=3, seed=5, how="flip-crop")

    forwards = [make()[step] for step in range(9)]
    steps = make()
    for step in (8, 3, 3, 0, 7):
        for ours, theirs in zip(steps[step], forwards[step], strict=True):
            assert np.array_equal(ours, theirs)


def test_a_stream_from_a_later_step_is_the_tail_of_the_whole_stream():
    steps = Steps(source(10), batch_size=4, epochs=3, seed=0)
    whole = [y.tolist() for _, y in stream(steps)]
    assert [y.tolist() for _, y in stream(steps, 5)] == whole[5:]
    assert len(whole) == 9


def test_without_a_seed_the_order_is_that_of_the_source():
    steps = Steps(source(5), batch_size=2, epochs=2)
    assert labels(steps, 1) == [[0, 1], [2, 3], [4]]


@pytest.fixture
def batch():
    return np.random.default_rng(0).integers(0, 256, (32, 28, 20, 3), dtype=np.uint8)


def windows(picture):
    """Returns every shift of a picture by one pixel or less, edges repeated."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width, _ = picture.shape
    return [
        padded[down : down + height, right : right + width]
        for down in range(3)
        for right in range(3)
    ]


def test_a_picture_becomes_a_shift_of_itself_or_of_its_mirror_image(batch):
    changed = augment(batch, "flip-crop", np.random.default_rng(1))
    for before, after in zip(batch, changed, strict=True):
        possible = windows(before) + windows(before[:, ::-1])
        assert any(np.array_equal(after, one) for one in possible)


def test_crops_alone_never_mirror(batch):
    changed = augment(batch, "crop", np.random.default_rng(1))
    for before, after in zip(batch, changed, strict=True):
        assert any(np.array_equal(after, one) for one in windows(before))


def test_pictures_of_a_batch_are_changed_each_in_its_own_way():
    batch = np.tile(np.arange(28, dtype=np.uint8)[None, :, None, None], (64, 1, 28, 1))
    changed = augment(batch, "crop", np.random.default_rng(1))
    assert len({picture.tobytes() for picture in changed}) > 2


def test_type_and_shape_stay_and_the_batch_itself_is_not_written_to(batch):
    before = batch.copy()
    changed = augment(batch, "flip-crop", np.random.default_rng(1))
    assert (changed.dtype, changed.shape) == (batch.dtype, batch.shape)
    assert np.array_equal(batch, before)


def test_none_gives_the_batch_back(batch):
    assert augment(batch, "none", np.random.default_rng(1)) is batch
