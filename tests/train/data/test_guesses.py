"""Where data could mean two things, it is asked or said; never silently taken."""

import numpy as np
import pytest
from PIL import Image
from readings import KIND, ROWS, A, B, read, refusal, said, seen, write_table

from keras_residual.train import InputError
from keras_residual.train.data.arrays import make_dataset

RNG = np.random.default_rng(0)
FLAGS = np.arange(ROWS) % 2


def arrays(x, y=None, **options):
    return make_dataset("x", (x, np.arange(len(x)) % 2 if y is None else y), **options)


def asked(x, y=None, **options):
    with pytest.raises(InputError) as caught:
        arrays(x, y, **options)
    return caught.value.on_command_line()


def labelled(folder, labels):
    return write_table(folder, {"a": A, "b": B, "kind": labels})


def some_are(word, others):
    return np.where(np.arange(ROWS) % 6, np.asarray(others).astype(str), word)


@pytest.mark.parametrize(
    "word", ["#NA", "n.a.", ".", "--", "-1.#IND", "1.#QNAN", "#DIV/0!", "#value!"]
)
def test_what_programs_write_for_missing_is_no_class(tmp_path, word):
    assert "labels are missing" in refusal(labelled(tmp_path, some_are(word, KIND)))


@pytest.mark.parametrize("word", ["-", "none", "Missing", "unknown", "—", "-999"])
def test_one_word_among_numbers_may_be_missing(tmp_path, word):
    path = labelled(tmp_path, some_are(word, FLAGS))
    assert "4 of 24 examples" in refusal(path)
    assert "--task classification" in refusal(path)
    assert len(read(path, task="classification").classes) == 3


def test_labels_below_zero_are_labels(tmp_path):
    assert read(labelled(tmp_path, np.array([-9, -1, 3])[np.arange(ROWS) % 3])).classes


def test_a_class_that_may_mean_missing_is_said(tmp_path):
    dataset = read(labelled(tmp_path, some_are("unknown", KIND)))
    assert "'unknown' is a class like the others" in said(dataset)


@pytest.mark.parametrize("names", [("1", "1.0", "x"), ("0", "1", "True")])
def test_one_number_in_two_spellings_beside_words_is_asked(tmp_path, names):
    path = labelled(tmp_path, np.array(names)[np.arange(ROWS) % 3])
    twice = {"x": "'1' and '1.0'", "True": "'1' and 'True'"}[names[-1]]
    assert f"{twice}, beside words" in refusal(path)
    assert read(path, task="classification").classes == names


def test_codes_that_are_read_as_numbers_are_said(tmp_path):
    columns = {"a": A, "zip": ["01234", "10115"] * (ROWS // 2)}
    kind = np.array(["01", "1", "002"])[np.arange(ROWS) % 3]
    dataset = read(write_table(tmp_path, {**columns, "kind": kind}))
    assert "'zip': 01234 is read as the number 1234" in said(dataset)
    assert "'kind': 01 is read as the number 1" in said(dataset)


def test_names_that_are_nearly_alike_are_said(tmp_path):
    names = np.array(["Hot dog", "hot_dog", "cat"])[np.arange(ROWS) % 3]
    assert "'hot dog' and 'hot_dog' are classes of their own" in said(
        read(labelled(tmp_path, names))
    )
    for name in ("01", "1", "2"):
        for number in range(3):
            (tmp_path / "p" / name).mkdir(parents=True, exist_ok=True)
            picture = Image.new("L", (8, 8), 9 * number + int(name))
            picture.save(tmp_path / "p" / name / f"{number}.png")
    assert "'01' and '1' are classes" in said(read(tmp_path / "p"))


@pytest.mark.parametrize(
    ("kinds", "guessed"),
    [
        ([0, 1, 2], False),
        ([1, 2], False),
        ([-1, 1], False),
        ([2019, 2020, 2021], True),
        (range(12), True),
    ],
)
def test_whole_numbers_are_classes_and_where_that_is_a_guess_it_is_said(kinds, guessed):
    labels = np.array(kinds)[np.arange(60) % len(kinds)]
    dataset = arrays(RNG.normal(size=(60, 3)), labels)
    assert ("taken for classes (--task regression" in said(dataset)) is guessed


def test_two_values_in_columns_are_told_how_to_become_labels():
    labels = RNG.choice([-1, 1], (60, 3))
    assert "(y > -1).astype('uint8')" in asked(RNG.normal(size=(60, 3)), labels)
    assert arrays(RNG.normal(size=(60, 3)), (labels > -1).astype("uint8"))


@pytest.mark.parametrize("names", ["1,2,3", "400,500,600", "2,9,4", "2019,2020,2021"])
def test_numbers_that_may_be_names_are_asked(tmp_path, names):
    path = write_table(
        tmp_path, dict(zip(names.split(","), (A, B, FLAGS), strict=True))
    )
    assert "--header if they are names, --no-header" in refusal(path)
    assert len(seen(read(path, header=True))) == ROWS
    assert len(seen(read(path, header=False, task="classification"))) == ROWS + 1


def test_numbers_that_ascend_in_every_row_are_no_names(tmp_path):
    rows = np.cumsum(RNG.integers(1, 9, (ROWS, 2)), axis=1)
    columns = {"3": rows[:, 0], "8": rows[:, 1], "300": 300 + FLAGS}
    assert len(seen(read(write_table(tmp_path, columns)))) == ROWS + 1


def test_names_are_known_above_a_column_with_one_odd_cell(tmp_path):
    odd = A.astype(str)
    odd[7] = "-"
    path = write_table(tmp_path, {"a": odd, "b": B, "sort": FLAGS})
    assert "'-' in line 9, column 'a'" in refusal(path)


@pytest.mark.parametrize(
    ("name", "numbers", "left_out"),
    [
        ("index", np.arange(ROWS) * 1.0, True),
        ("record", np.arange(5, 5 + ROWS), True),
        ("ids", RNG.permutation(ROWS), True),
        ("S.No.", np.arange(ROWS), True),
        ("sample", np.arange(ROWS) * 5, False),
        ("time", np.arange(ROWS) * 0.1, False),
        ("depth", np.arange(ROWS)[::-1], False),
    ],
)
def test_what_numbers_the_rows_is_left_out_or_said(tmp_path, name, numbers, left_out):
    dataset = read(write_table(tmp_path, {name: numbers, "a": A, "kind": KIND}))
    assert dataset.train.shape == (1 if left_out else 2,)
    assert (f"only numbers the rows: '{name}'".lower() in said(dataset)) is left_out
    assert ("counts the rows and is a feature" in said(dataset)) is not left_out


def test_a_column_of_an_array_that_counts_is_said():
    values = np.column_stack([RNG.normal(size=60), np.arange(60)])
    assert "column 1 counts the rows" in said(arrays(values))


def test_a_column_of_an_array_that_is_the_label_is_said():
    values = np.column_stack([RNG.normal(size=60), 3 - 2 * (np.arange(60) % 2)])
    assert "column 1 tells the label by itself" in said(arrays(values))
    values = RNG.normal(size=(60, 3))
    targets = 5 - values[:, 2] / 1000
    dataset = make_dataset("a", (values, targets), task="regression")
    assert "column 2 tells the label by itself" in said(dataset)
    assert said(dataset).count("by itself") == 1


@pytest.mark.parametrize(
    "last", [RNG.choice([0, 17, 255], ROWS), np.zeros(ROWS, int), A, FLAGS]
)
def test_a_first_column_of_labels_is_asked_for(tmp_path, last):
    words = {"t": KIND, "a": A, "b": last}
    assert "--label t, or --label b" in refusal(write_table(tmp_path, words))
    if last is not FLAGS:  # 0 and 1 are as likely classes as 0, 1 and 2 are
        for first in (np.arange(ROWS) % 3, np.arange(ROWS) % 2 > 0):
            numbers = {"t": first, "a": A, "b": last}
            assert "--label t" in refusal(write_table(tmp_path, numbers))
    path = write_table(tmp_path, words)
    if last is A:
        assert read(path, task="regression").classes == ("b",)


@pytest.mark.parametrize("shape", [(100, 4, 1), (1, 4, 100), (8, 8, 12)])
def test_one_hot_pictures_are_not_augmented(shape):
    axis = int(np.argmin(np.where(np.array(shape) > 1, shape, 999)))
    axis = 2 if shape[2] == 12 else axis
    letters = RNG.integers(0, shape[axis], (30, *shape[:axis], *shape[axis + 1 :]))
    values = np.moveaxis(np.eye(shape[axis], dtype="uint8")[letters], -1, axis + 1)
    dataset = arrays(values, layout="channels_last")
    assert (dataset.kind, dataset.augment) == ("picture", "none")
    assert "neither mirrored nor shifted" in said(dataset)


@pytest.mark.parametrize(
    ("values", "layouts"),
    [
        (RNG.random((20, 28, 20)), "grey sequence"),
        (RNG.random((20, 28, 20)) > 0.5, "grey sequence"),
        (RNG.integers(0, 255, (20, 28, 20)), "grey sequence"),
        (RNG.normal(size=(20, 3, 50)), "sequence channels_first"),
        (RNG.random((20, 10, 16, 24)), "channels_last channels_first"),
        (RNG.random((20, 6, 8, 8, 8)), "channels_last channels_first"),
    ],
)
def test_axes_that_could_be_two_things_are_asked_and_each_answer_works(values, layouts):
    for layout in layouts.split():
        assert f"--layout {layout}" in asked(values)
        assert arrays(values, layout=layout)


def test_examples_in_the_last_axis_are_told():
    values = RNG.integers(0, 255, (8, 8, 3, 20), "uint8")
    assert "np.moveaxis(x, -1, 0)" in asked(values, np.arange(20) % 2)
    assert arrays(np.moveaxis(values, -1, 0)).train.shape == (8, 8, 3)


def test_what_a_processor_takes_for_zero_is_refused():
    values = RNG.normal(size=(40, 2))
    assert "do not fit into float32" in asked((values * 1e-40).astype("float32"))
    for dtype in ("float64", "float32"):
        assert "column or channel 1" in asked((values * [1, 1e-40]).astype(dtype))
    assert arrays((values * 1e-30).astype("float32"))
    assert "y - y.min" in asked(values, values[:, 0] * 1e-9 + 1e3)


@pytest.mark.parametrize("marker", [-999, 9999, -1])
def test_a_number_that_may_mean_missing_is_said_and_kept(tmp_path, marker):
    marked = np.where(np.arange(ROWS) % 6, (A - A.min()) / 100, marker)
    dataset = read(write_table(tmp_path, {"a": marked, "b": B, "kind": KIND}))
    text = f"{marker} in 16.7% of the rows is far from all others, and read as a number"
    assert f"'a': {text}" in said(dataset)
    assert (seen(dataset)[:, 0] == marker).sum() == ROWS / 6
    assert f"column 0: {text}" in said(arrays(np.stack([marked, B], axis=1)))


def test_what_is_measured_is_no_marker(tmp_path):
    plain = {"a": A, "flag": FLAGS, "zero": np.maximum(A, 0), "code": FLAGS * 2 + 1}
    once = np.where(np.arange(ROWS) == 3, -999, B)
    text = said(read(write_table(tmp_path, {**plain, "once": once, "kind": KIND})))
    assert "far from" not in text


def test_examples_in_both_parts_are_said(tmp_path):
    x = RNG.normal(size=(40, 3))
    assert "same values" not in said(arrays(x))
    copied = make_dataset("x", (x, np.arange(40) % 2), (x[:5], np.arange(5) % 2))
    assert "5 examples held out have the same values as one to learn from" in said(
        copied
    )
    twice = {"a": np.tile(A[:2], ROWS // 2), "kind": KIND}
    dataset = read(write_table(tmp_path, twice))
    held_out = len(dataset.test.labels)
    assert f"{held_out} examples held out have the same values" in said(dataset)


def test_a_feature_that_is_the_label_under_another_name_is_said(tmp_path):
    columns = {"a": A, "code": 3 - FLAGS, "near": np.arange(ROWS) // 12, "kind": KIND}
    text = said(read(write_table(tmp_path, columns)))
    assert "'code' tells each class from the others by itself" in text
    assert text.count("tells each class") == 1


def test_a_feature_that_is_the_target_in_another_unit_is_said(tmp_path):
    columns = {"a": A, "cents": 100 * B + 7, "price": B}
    text = said(read(write_table(tmp_path, columns)))
    assert "'cents' tells 'price' by itself" in text
    assert text.count("by itself") == 1


def test_names_in_two_encodings_of_one_letter_are_said(tmp_path):
    names = np.array(["é", "e\N{COMBINING ACUTE ACCENT}", "x"])[np.arange(ROWS) % 3]
    assert "are classes of their own" in said(read(labelled(tmp_path, names)))
    names = np.array(["x", "x\N{ZERO WIDTH SPACE}"])[np.arange(ROWS) % 2]
    assert "are classes of their own" in said(read(labelled(tmp_path, names)))


def test_points_that_may_separate_thousands_are_asked(tmp_path):
    prices = np.array(["950", "1.050", "12.300"])[np.arange(ROWS) % 3]
    path = write_table(tmp_path, {"a": prices, "kind": KIND}, separator=";")
    assert "'1.050' in column 'a', and whole numbers" in refusal(path)
    commas = np.char.replace(B.astype(str), ".", ",")
    dotted = write_table(
        tmp_path,
        {"a": prices[1:2].repeat(ROWS), "b": commas, "kind": KIND},
        separator=";",
    )
    assert "decimal commas elsewhere" in refusal(dotted)
    for plain in (
        ["0.125", "1.050", "2"],
        ["1.25", "1.050", "2"],
        ["1.125", "2.000", "3.5"],
    ):
        cells = np.array(plain)[np.arange(ROWS) % 3]
        assert read(write_table(tmp_path, {"a": cells, "kind": KIND}, separator=";"))


def test_whole_numbers_that_float64_rounds_are_refused(tmp_path):
    long = 2**60 + 2 * RNG.permutation(ROWS)
    path = write_table(tmp_path, {"a": long, "b": B, "kind": KIND})
    assert "cannot tell the values apart" in refusal(path)
    assert "cannot tell the values apart" in asked(np.stack([long, long], axis=1))
