"""The .npz and .csv files that people bring, whole and broken."""

import contextlib

import numpy as np
import pytest

from keras_residual.train import InputError, Recipe
from keras_residual.train.data import load

X, Y = np.arange(80, dtype=np.float32).reshape(20, 4), np.arange(20) % 2


def read(path, **options):
    return load(Recipe(data=str(path), **options))


def test_an_npz_without_a_test_part_is_split(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    dataset = read(tmp_path / "a.npz", validation=0.2)
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (16, 4)


def test_an_npz_with_a_test_part_is_taken_as_it_is(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=X, y_train=Y, x_test=X[:6], y_test=Y[:6])
    dataset = read(tmp_path / "a.npz")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (20, 6)


def test_a_test_part_in_another_unit_is_refused_or_said(tmp_path):
    test = {"x_test": np.uint8(255 * X / X.max()), "y_test": Y}
    np.savez(tmp_path / "a.npz", x_train=X / X.max(), y_train=Y, **test)
    with pytest.raises(InputError, match="of different sizes"):
        read(tmp_path / "a.npz")
    test["x_test"] = test["x_test"].astype("float32")
    np.savez(tmp_path / "a.npz", x_train=X / X.max(), y_train=Y, x_val=X, **test)
    *_, unit, rest = read(tmp_path / "a.npz").reading
    assert "of another size, 127 in the mean" in unit
    assert rest == "Left out: 1 other array, 'x_val'."


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": X}, "arrays a"),
        ({"x": X}, "arrays x"),
        ({"x": X.astype(object), "y": Y}, "Object arrays cannot be loaded"),
        ({"x": X, "y": Y.astype(object)}, "y.astype(str) for words"),
    ],
)
def test_an_npz_that_lacks_something_is_refused(tmp_path, arrays, said):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.npz")
    assert said in caught.value.on_command_line()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"hello"])
def test_a_damaged_npz_is_named_as_such(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "a.npz")


def test_an_npz_cut_off_at_any_place_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "whole.npz", x=X, y=Y)
    whole = (tmp_path / "whole.npz").read_bytes()
    for length in range(0, len(whole), 37):
        (tmp_path / "a.npz").write_bytes(whole[:length])
        with pytest.raises(InputError):
            read(tmp_path / "a.npz")


def test_flipped_bytes_never_escape_as_another_error(tmp_path):
    np.savez_compressed(tmp_path / "whole.npz", x=X, y=Y)
    whole = (tmp_path / "whole.npz").read_bytes()
    for place in range(0, len(whole), 11):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0xFF
        (tmp_path / "a.npz").write_bytes(spoilt)
        with contextlib.suppress(InputError):
            read(tmp_path / "a.npz")


def test_an_array_that_is_no_archive_is_refused(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, X)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "a.npz")


CSV = "length,width,kind\n1,2,cat\n3,4,dog\n5,6,cat\n7,8,dog\n"


def write(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    return tmp_path / "a.csv"


def test_the_last_column_is_the_label(tmp_path):
    dataset = read(write(tmp_path, CSV), validation=0.5)
    assert dataset.classes == ("cat", "dog")
    assert dataset.kind == "table"
    seen = np.concatenate([dataset.train.values, dataset.test.values])
    assert sorted(seen.tolist()) == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_another_column_is_the_label_where_it_is_named(tmp_path):
    text = "kind,length\na,1\nb,2\na,3\nb,4\n"
    dataset = read(write(tmp_path, text), label="kind", validation=0.5)
    assert dataset.classes == ("a", "b")
    assert dataset.train.shape == (1,)


def test_a_csv_without_names_is_read_from_its_first_line(tmp_path):
    dataset = read(write(tmp_path, "1,0\n2,1\n3,0\n4,1\n"), validation=0.5)
    assert len(dataset.train.labels) + len(dataset.test.labels) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 rows"),
        ("a,b\n", "0 rows"),
        ("length,kind\n1,a\n2,b,c\n", "line 3"),
        ("length,kind\n1,a\n,b\n3,a\n4,b\n", "column 'length' at line 3"),
        ("length,kind\n1,a\ntall,b\n3,a\n4,b\n", "'tall' in line 3"),
        ("length,kind\n1,a\ninf,b\n3,a\n4,b\n", "'inf' in line 3"),
        ("1\n2\n", "1 column\n"),
    ],
)
def test_a_csv_that_is_no_table_is_refused_with_the_line(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        read(write(tmp_path, text))
    assert said in caught.value.on_command_line()


def test_a_csv_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not a table"):
        read(tmp_path / "a.csv")


def test_a_label_that_is_no_column_is_answered_with_the_columns(tmp_path):
    with pytest.raises(InputError, match="length, width and kind"):
        read(write(tmp_path, CSV), label="species")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("fashion", "--data fashion-mnist"),
        ("digit", "--data digits"),
        ("nowhere/at/all", "no such file or folder"),
        ("missing.npz", "no such file or folder"),
    ],
)
def test_unknown_data_is_answered_with_the_nearest(word, said):
    with pytest.raises(InputError) as caught:
        load(Recipe(data=word))
    assert said in caught.value.on_command_line()


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "a.parquet").write_text("x")
    with pytest.raises(InputError, match=r"\.parquet"):
        read(tmp_path / "a.parquet")


def test_fashion_mnist_is_the_published_slice():
    dataset = load(Recipe(data="fashion-mnist"))
    assert dataset.train.batch(np.arange(1)).dtype == np.uint8
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (6000, 1000)
    assert dataset.classes[dataset.train.labels[0]] == "Ankle boot"  # as published
    assert dataset.augment == "flip-crop"


def test_digits_are_never_mirrored():
    assert load(Recipe(data="digits")).augment == "crop"
