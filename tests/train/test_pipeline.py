from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keras_residual.train.data import ArraySource
from keras_residual.train.pipeline import Steps, stream


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


def test_a_stream_from_a_later_epoch_is_the_tail_of_the_whole_stream():
    steps = Steps(source(10), batch_size=4, epochs=3, seed=0)
    whole = [y.tolist() for _, y in stream(steps)]
    assert [y.tolist() for _, y in stream(steps, 2)] == whole[6:]
    assert len(whole) == 9


def test_without_a_seed_the_order_is_that_of_the_source():
    steps = Steps(source(5), batch_size=2, epochs=2)
    assert labels(steps, 1) == [[0, 1], [2, 3], [4]]
