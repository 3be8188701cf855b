import numpy as np
import pytest

from keras_residual.train import InputError
from keras_residual.train.data.arrays import make_dataset, new_values
from keras_residual.train.data.dataset import split

Y = np.arange(20) % 2


def some(shape, dtype="float32"):
    """Returns values from 0 to 99 of which no two examples are alike."""
    return np.random.default_rng(0).integers(0, 100, shape).astype(dtype)


@pytest.mark.parametrize(
    ("shape", "dtype", "kind", "example"),
    [
        ((20, 5), "float32", "table", (5,)),
        ((20, 9, 4), "float64", "sequence", (9, 4)),
        ((20, 8, 8), "uint8", "picture", (8, 8, 1)),
        ((20, 8, 8, 3), "uint8", "picture", (8, 8, 3)),
        ((20, 4, 4, 4, 2), "int16", "volume", (4, 4, 4, 2)),
    ],
)
def test_the_rank_says_what_kind_of_data_it_is(shape, dtype, kind, example):
    dataset = make_dataset("x", (some(shape, dtype), Y))
    assert (dataset.kind, dataset.train.shape) == (kind, example)
    assert dataset.augment == ("flip-crop" if kind == "picture" else "none")


@pytest.mark.parametrize(
    ("values", "labels", "said"),
    [
        (np.array(["a"] * 20), Y, "dtype <U1"),
        (np.zeros(20), Y, "shape (20,)"),
        (np.zeros((20, 2, 2, 2, 2, 2)), Y, "shape (20, 2, 2, 2, 2, 2)"),
        (np.zeros((0, 4)), Y[:0], "no examples"),
        (np.zeros((20, 4)), Y[:7], "20 examples, 7 labels"),
        (np.zeros((20, 4)), np.zeros((20, 2, 2)), "labels of shape (20, 2, 2)"),
        (np.zeros((20, 4)), Y + 0.5, "2 different labels: 0.5 and 1.5"),
        (np.zeros((20, 4)), Y * 0, "20 examples of 1 class"),
        (np.zeros((20, 4)), np.arange(20), "20 examples of 20 classes"),
        (np.zeros((20, 4)), Y, "values from 0 to 0"),
        (np.zeros((20, 4), complex), Y, "x.real, x.imag"),
        (np.full((20, 4), 1e39), Y, "the largest is 1e+39"),
        (np.eye(20) * 1e-50, Y, "the largest is 1e-50"),
        (1.7e9 + np.arange(20.0)[:, None], Y, "channel 0 from 1700000000 to 170000001"),
        (
            1e6 + 0.1 * np.eye(20),
            Y,
            "channel 0 from 1000000 to 1000000.1 and 19 more",
        ),
        (2**24 + np.arange(40).reshape(20, 2), Y, "channel 1 from 16777217 to 1677725"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_its_values(values, labels, said):
    with pytest.raises(InputError) as caught:
        make_dataset("x", (values, labels))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        1e6 + np.arange(20.0),
        np.arange(20) << 30,  # float32 holds each of them
        np.geomspace(1e-30, 1e30, 20),
    ],
)
def test_what_float32_keeps_apart_is_taken(values):
    found = make_dataset("x", (values[:, None], Y))
    seen = np.concatenate([found.train.values, found.test.values])
    assert np.allclose(np.sort(seen[:, 0]), values, rtol=1e-6, atol=0)


def test_new_values_need_not_differ():
    assert (new_values("x", 1e6 + 0.01 * np.eye(2), "table") == 1e6).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_found_and_counted(bad):
    values = np.zeros((20, 4))
    values[[7, 11], 2] = bad
    with pytest.raises(InputError, match=r"2 of 20 .*, first number 7, at x\[7, 2\]"):
        make_dataset("x", (values, Y))


def test_test_examples_of_another_shape_are_refused():
    train, test = (some((20, 4)), Y), (some((20, 5)), Y)
    with pytest.raises(InputError, match=r"\(20, 4\) and \(20, 5\)"):
        make_dataset("x", train, test)


def test_labels_keep_their_names_and_are_numbered_alike_in_both_parts():
    train = some((6, 2)), np.array(["cat", "dog", "cat", "dog", "ant", "ant"])
    test = some((2, 2)), np.array(["dog", "ant"])
    dataset = make_dataset("x", train, test)
    assert dataset.classes == ("ant", "cat", "dog")
    assert dataset.train.labels.tolist() == [1, 2, 1, 2, 0, 0]
    assert dataset.test.labels.tolist() == [2, 0]


def test_the_split_holds_out_the_share_of_each_class_and_is_the_same_each_time():
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    train, held_out = split(labels, 0.1)
    assert np.bincount(labels[held_out]).tolist() == [6, 3, 1]
    assert sorted([*train, *held_out]) == list(range(100))
    assert split(labels, 0.1)[1].tolist() == held_out.tolist()


def test_no_class_is_held_out_whole():
    labels = np.array([0, 0, 0, 1])
    train, held_out = split(labels, 0.9)
    assert (set(labels[train]), len(held_out)) == ({0, 1}, 2)


def test_the_fingerprint_follows_every_value():
    values = some((20, 4))
    one = make_dataset("x", (values, Y)).fingerprint
    values[3, 1] = 1e-3
    assert make_dataset("x", (values, Y)).fingerprint != one


@pytest.mark.parametrize("scale", [1e-13, 1e-7, 1e25])
def test_values_pass_in_their_own_unit(scale):
    values = some((20, 4), "float64") * scale
    dataset = make_dataset("x", (values, Y), validation=0.5)
    seen = np.concatenate([dataset.train.values, dataset.test.values])
    assert np.allclose(np.sort(seen, 0), np.sort(values, 0), rtol=1e-6, atol=0)


def test_what_was_read_is_said():
    values, labels = some((40, 9, 4)), np.repeat(["a", "b"], [30, 10])
    dataset = make_dataset("signals.npz", (values, labels))
    assert dataset.reading == (
        "40 examples in signals.npz: sequences of 9 steps with 4 channels; 36 to learn "
        "from, 4 held out.",
        "2 classes: a (30), b (10).",
        "Values of three axes are sequences (--layout grey if not).",
    )


def test_many_classes_are_said_by_the_largest_and_the_smallest():
    counts = np.arange(5, 30)
    labels = np.repeat(np.arange(25), counts)
    dataset = make_dataset("x", (some((len(labels), 3)), labels))
    assert dataset.reading[1] == (
        "25 classes: the largest 24 (29), 23 (28), 22 (27), 21 (26); the smallest "
        "3 (8), 2 (7), 1 (6), 0 (5)."
    )
