"""What labels mean: one class, several labels, or numbers."""

import numpy as np
import pytest

from keras_residual.train import InputError
from keras_residual.train.data.arrays import make_dataset
from keras_residual.train.data.labels import read_labels

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3


def read(labels, **options):
    return read_labels("x", [np.asarray(labels)], **options)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (Y, ("0", "1", "2")),
        (Y[:, None].astype("uint8"), ("0", "1", "2")),
        (Y.astype("float64"), ("0", "1", "2")),
        (np.where(Y % 2, "1.0", "1"), None),
        (np.array(["2", "10", "2.0"])[Y], ("2", "10")),
        (np.array([" cat", "dog", "ox "])[Y], ("cat", "dog", "ox")),
        (np.array(["cat", "dog", "ox"], object)[Y], ("cat", "dog", "ox")),
        (Y > 0, ("False", "True")),
        (2 * (Y > 0) - 1, ("-1", "1")),
        (np.eye(3)[Y], ("0", "1", "2")),
        (np.eye(3, dtype=bool)[Y], ("0", "1", "2")),
    ],
)
def test_classes_are_found_in_every_form(labels, names):
    if names is None:
        with pytest.raises(InputError, match="60 examples of 1 class\n"):
            read(labels)
        return
    found = read(labels)
    assert (found.task, found.names) == ("classification", names)
    assert found.parts[0].dtype == np.int32
    if len(names) == 3:
        assert found.parts[0].tolist() == Y.tolist()


def test_numbers_with_decimals_are_learned_as_numbers_and_it_is_said():
    labels = RNG.normal(500, 9, 60)
    found = read(labels)
    assert (found.task, found.names) == ("regression", ("target",))
    assert found.parts[0].dtype == np.float32
    assert np.allclose(found.parts[0][:, 0], labels)
    assert "60 values with decimals" in found.notes[0]


def test_several_columns_of_zero_and_one_are_learned_each_by_itself():
    labels = RNG.integers(0, 2, (60, 3))
    found = read(labels)
    assert (found.task, found.names) == ("multilabel", ("0", "1", "2"))
    assert found.parts[0].dtype == np.float32
    assert (found.parts[0] == labels).all()
    assert "multi-label" in found.notes[0]


def test_several_columns_with_decimals_are_targets():
    found = read(RNG.normal(size=(60, 2)), names=("u", "v"))
    assert (found.task, found.names) == ("regression", ("u", "v"))
    assert found.parts[0].shape == (60, 2)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (Y / 2, "--task classification, or --task regression"),
        (np.arange(60) * 3, "60 classes, numbers"),
        (1950 + np.arange(600) % 70, "70 classes, numbers: 1950, 1951"),
        (np.char.add("id", np.arange(60).astype(str)), "60 classes, words"),
        (np.r_[Y, 7], "7; 4 classes in all"),
        (RNG.integers(0, 9, (60, 2)), "2 columns of whole numbers"),
        (RNG.dirichlet([1, 1, 1], 60), "shares that sum to 1"),
    ],
)
def test_what_could_be_two_things_is_asked_with_the_switch(labels, said):
    with pytest.raises(InputError) as caught:
        read(labels)
    assert said in caught.value.on_command_line()
    assert "--task regression" in caught.value.on_command_line()


@pytest.mark.parametrize(
    "form", ["{};{}", "{} | {}", "{}, {}", "{}/{}", "{} {}", '["{}", "{}"]']
)
def test_labels_of_several_words_are_asked(form):
    words = ["cat", "dog", "ox"]
    pairs = [form.format(a, b) for a in words for b in words if a < b]
    labels = np.array([*words, *pairs] * 6)
    with pytest.raises(InputError) as caught:
        read(labels)
    assert "of 3 words with" in str(caught.value)
    assert "--label 'cat,dog,ox'" in caught.value.on_command_line()
    assert len(read(labels, task="classification").names) == 6


@pytest.mark.parametrize(
    "names",
    [
        ["light blue", "dark blue", "light green", "dark green", "blue", "green"],
        ["left;up", "left;down", "right;up", "right;down"],
        ["A", "A+", "B", "B+"],
        ["Sales; Marketing", "Sales", "Other"],
        ["1,5", "2,5", "1", "2", "5"],
        ["R&D", "R", "HR"],
    ],
)
def test_classes_with_marks_in_their_names_are_classes(names):
    assert read(np.array(names * 6)).names == tuple(sorted(names))


@pytest.mark.parametrize(
    ("labels", "task", "names", "first"),
    [
        (Y / 2, "classification", ("0", "0.5", "1"), 0),
        (Y / 2, "regression", ("target",), [0.0]),
        (Y, "regression", ("target",), [0.0]),
        (Y.astype(str), "regression", ("target",), [0.0]),
        (np.r_[Y, 7], "classification", ("0", "1", "2", "7"), 0),
        (np.eye(3)[Y], "multilabel", ("0", "1", "2"), [1, 0, 0]),
        (np.eye(3)[Y], "regression", ("0", "1", "2"), [1, 0, 0]),
        (Y % 2, "multilabel", ("label",), [0]),
    ],
)
def test_the_task_decides(labels, task, names, first):
    found = read(labels, task=task)
    assert (found.task, found.names) == (task, names)
    assert found.parts[0][0].tolist() == first


@pytest.mark.parametrize(
    ("labels", "task", "said"),
    [
        (np.array(["a", "b"])[Y % 2], "regression", "'a' and 'b'"),
        (np.array(["a|b", "b"])[Y % 2], "multilabel", "'a|b'"),
        (Y, "multilabel", "values 2"),
        (2 * RNG.integers(0, 2, (60, 3)) - 1, "multilabel", "values -1"),
        (RNG.integers(0, 2, (60, 3)), "classification", "--task multilabel"),
        (np.full(60, 2.5), "regression", "target never changes"),
        (np.arange(60) * 1e38, "regression", "values up to 5.9e+39"),
        (np.arange(60) * 1e-43, "regression", "values up to 5.9e-42"),
        (1e6 + Y / 100, "regression", "'target' from 1000000 to 1000000.02"),
        (np.array([None, 1] * 30), None, "(60,), object"),
        (Y * 1j, None, "complex"),
    ],
)
def test_labels_that_do_not_fit_the_task_are_refused(labels, task, said):
    with pytest.raises(InputError) as caught:
        read(labels, task=task)
    assert said in caught.value.on_command_line()


@pytest.mark.parametrize(
    "nothing", ["", " ", "NaN", "nan", "NA", "n/a", "NULL", "None"]
)
def test_missing_words_are_counted_and_placed(nothing):
    labels = np.array(["cat", "dog", "ox"], "U9")[Y]
    labels[[4, 9]] = nothing
    with pytest.raises(InputError, match="2 of 60 examples, at row 4, row 9"):
        read(labels, place="row {}".format)


def test_missing_numbers_are_counted_and_placed():
    labels = np.where(Y == 2, np.nan, Y)
    with pytest.raises(
        InputError, match=r"20 of 60 .* number 2, number 5, .*, \.\.\.;"
    ):
        read(labels)


def test_a_class_that_only_the_test_part_has_is_named():
    values = RNG.normal(size=(60, 2))
    with pytest.raises(InputError, match=r"no example to learn from.\n.*2; 3 classes"):
        make_dataset("x", (values, Y % 2), (values, Y))


def test_the_two_parts_are_read_as_one():
    values = RNG.normal(size=(60, 2))
    with pytest.raises(InputError, match="train and test labels differ in shape"):
        make_dataset("x", (values, np.eye(3)[Y]), (values, Y))


def test_targets_are_split_at_random_and_the_same_each_time():
    values, labels = RNG.normal(size=(60, 2)), RNG.normal(size=60)
    one, two = (make_dataset("x", (values, labels), validation=0.25) for _ in range(2))
    assert (len(one.train.labels), len(one.test.labels)) == (45, 15)
    assert (one.test.labels == two.test.labels).all()
    assert set(one.test.labels[:, 0]).isdisjoint(one.train.labels[:, 0])
