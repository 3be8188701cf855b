"""What the columns of a table mean, and which of them are to be learned."""

import sys

import numpy as np
import pandas as pd
import pytest
from readings import (
    DAYS,
    KIND,
    RNG,
    ROWS,
    A,
    B,
    expected,
    read,
    refusal,
    rows_seen,
    said,
    write_table,
)

from keras_residual.common.errors import PackageError
from keras_residual.train.data.frame import read_table


def test_names_are_told_from_values(tmp_path):
    columns = {"a": A, "b": B, "kind": KIND}
    for header in (True, False):
        dataset = read(write_table(tmp_path, columns, header=header))
        assert (rows_seen(dataset) == expected(A, B)).all()
        assert dataset.classes == ("cat", "dog")
        assert ("no line of names" in said(dataset)) is not header


@pytest.mark.parametrize(
    "names", [("0", "1", "2"), ("2020", "2021", "label"), ("", "0", "1", "2")]
)
def test_numbers_can_be_names(tmp_path, names):
    values = [A, B, KIND] if len(names) == 3 else [np.arange(ROWS), A, B, KIND]
    dataset = read(write_table(tmp_path, dict(zip(names, values, strict=True))))
    assert (rows_seen(dataset) == expected(A, B)).all()
    assert "numbers in line 1 are names" in said(dataset)


def test_a_line_that_could_be_either_is_asked_and_each_answer_works(tmp_path):
    path = write_table(
        tmp_path, {"7": A, "sort": KIND, "x": B, "2021": np.arange(ROWS) % 2}
    )
    text = refusal(path)
    assert "--header if they are names, --no-header if they are values" in text
    assert read(path, header=True).classes == ("0", "1")
    path = write_table(tmp_path, {"1": A, "2": B, "cow": KIND})
    assert "'cow'" in refusal(path)
    assert "cow" in refusal(path, header=False)  # a class of one example
    assert read(path, header=True).classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("", np.arange(ROWS)),
        ("", RNG.permutation(ROWS)),
        ("", np.arange(ROWS) % 12),
        ("Unnamed: 0", np.arange(ROWS)),
        ("id", 1000 + RNG.permutation(ROWS)),
        ("PassengerId", 1 + np.arange(ROWS)),
        ("row_id", [f"r{n:03}" for n in range(ROWS)]),
        ("index", np.arange(ROWS)),
        ("__index_level_0__", RNG.permutation(ROWS)),
    ],
)
def test_a_column_that_only_numbers_the_rows_is_left_out(tmp_path, name, numbers):
    dataset = read(write_table(tmp_path, {name: numbers, "a": A, "b": B, "kind": KIND}))
    assert (rows_seen(dataset) == expected(A, B)).all()
    assert "only numbers the rows" in said(dataset)


@pytest.mark.parametrize(
    ("name", "parts", "left_out"),
    [
        ("split", ["train", "val", "test"], True),
        ("part", ["Training", "Test"], True),
        ("kfold", [0, 1, 2, 3, 4], True),
        ("is_train", [True, False], True),
        ("vehicle", ["train", "car"], False),
        ("fold", [0.5, 1.5, 2.5], False),
    ],
)
def test_a_column_that_splits_the_rows_is_left_out(tmp_path, name, parts, left_out):
    for at in (1, 3):  # before the label, and as the last column
        columns = [("a", A), ("b", B), ("sort", KIND)]
        columns.insert(at, (name, np.array(parts)[np.arange(ROWS) % len(parts)]))
        if not left_out and at == 3:
            continue
        dataset = read(write_table(tmp_path, dict(columns)))
        assert ("which part of a split" in said(dataset)) is left_out
        assert ("are drawn from all rows" in said(dataset)) is left_out
        assert dataset.classes == ("cat", "dog")
        assert (dataset.train.shape == (2,)) is left_out


def test_row_numbers_without_a_name_are_left_out(tmp_path):
    columns = {"": 1 + np.arange(ROWS), "a": A, "kind": KIND}
    dataset = read(write_table(tmp_path, columns, header=False))
    assert (rows_seen(dataset) == expected(A)).all()
    assert "'column 1'" in said(dataset)


def test_a_measured_column_that_counts_is_kept_and_it_is_said(tmp_path):
    dataset = read(
        write_table(tmp_path, {"age": np.arange(ROWS), "a": A, "kind": KIND})
    )
    assert (rows_seen(dataset) == expected(np.arange(ROWS), A)).all()
    assert "'age' counts the rows" in said(dataset)


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = write_table(tmp_path, {"a": A, "a ": B, "kind": KIND})
    assert "'a', twice" in refusal(path)


def test_what_reads_parquet_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(PackageError, match=r"keras-residual\[parquet\]"):
        read_table(tmp_path / "a.parquet", header=None, separator=None)


def parquet(folder, frame):
    pytest.importorskip("pyarrow")
    frame.to_parquet(folder / "a.parquet")
    return folder / "a.parquet"


def test_a_parquet_file_is_read_as_pandas_reads_it(tmp_path):
    frame = pd.DataFrame(
        {
            "a ": A,
            "day": pd.Timestamp("2023-01-01") + pd.to_timedelta(DAYS, unit="D"),
            "flag": pd.array(B > 0, dtype="boolean"),
            "kind": pd.Categorical(KIND),
        }
    )
    dataset = read(parquet(tmp_path, frame))
    assert (rows_seen(dataset) == expected(A, DAYS, B > 0)).all()
    assert dataset.classes == ("cat", "dog")
    frame.insert(0, "none", None)
    assert "it never changes: 'none'" in said(read(parquet(tmp_path, frame)))
    frame.loc[3, "a "] = np.nan
    assert "column 'a' at row 4" in refusal(parquet(tmp_path, frame))
    (tmp_path / "a.parquet").write_bytes(b"PAR1" * 9)
    assert "the file cannot be read" in refusal(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("cell", "kind"), [([1.0, 2.0], "list"), ({"x": 1}, "struct"), (b"?", "binary")]
)
def test_cells_of_a_parquet_file_that_hold_several_values_are_refused(
    tmp_path, cell, kind
):
    frame = pd.DataFrame({"a": A, "b": [cell] * ROWS, "kind": KIND})
    assert f"'b' of {kind}" in refusal(parquet(tmp_path, frame))


def test_an_index_of_a_parquet_file_is_a_column_if_it_has_a_name(tmp_path):
    frame = pd.DataFrame({"a": A, "b": B, "kind": KIND})
    dataset = read(parquet(tmp_path, frame.set_index("a")))
    assert (rows_seen(dataset) == expected(A, B)).all()
    path = parquet(tmp_path, frame.set_index("kind"))
    assert read(path, label="kind").classes == ("cat", "dog")
    for index, is_said in [(None, False), (np.arange(ROWS) % 8, True)]:
        dataset = read(parquet(tmp_path, frame.set_index(index) if is_said else frame))
        assert (rows_seen(dataset) == expected(A, B)).all()
        assert ("the index, which has no name" in said(dataset)) is is_said


def test_the_terms_name_every_column_in_its_place(tmp_path):
    sex = np.array(["m", "f", "f"])[np.arange(ROWS) % 3]
    columns = {"": np.arange(ROWS), "a": A, "c": 0 * A, "sex": sex, "kind": KIND}
    terms = read(write_table(tmp_path, columns)).terms
    assert terms["named"]
    assert [(one["name"], one["kind"]) for one in terms["columns"]] == [
        ("column 1", "left out"),
        ("a", "number"),
        ("c", "left out"),
        ("sex", "words"),
        ("kind", "label"),
    ]
    assert terms["columns"][3]["words"] == ("f", "m")


def test_a_column_that_float32_rounds_away_is_named(tmp_path):
    colours = np.array(["red", "green", "blue"])[np.arange(40) % 3]
    weight, y = 1e6 + RNG.normal(size=40) / 100, np.arange(40) % 2
    path = write_table(tmp_path, {"colour": colours, "mass": weight, "y": y})
    assert "'mass' from 999999.9" in refusal(path)
    assert "'target' from 999999.9" in refusal(path, label="mass", task="regression")
    moved = write_table(tmp_path, {"colour": colours, "mass": weight - 1e6, "y": y})
    assert np.ptp(rows_seen(read(moved))[:, -1]) == pytest.approx(
        np.ptp(weight), rel=1e-3
    )


def test_a_label_before_what_is_left_out_is_not_called_the_last(tmp_path):
    columns = {"a": A, "kind": KIND, "id": np.arange(ROWS)}
    text = said(read(write_table(tmp_path, columns)))
    assert "the label is 'kind', the last column that is left" in text
    assert "only numbers the rows: 'id'" in text
    text = said(read(write_table(tmp_path, {"a": A, "kind": KIND, "": [""] * ROWS})))
    assert "as it is empty: 'column 3'" in text
    assert "numbers the rows" not in text


def test_an_empty_last_column_is_no_label(tmp_path):
    dataset = read(write_table(tmp_path, {"a": A, "kind": KIND, "": [""] * ROWS}))
    assert dataset.classes == ("cat", "dog")


@pytest.mark.parametrize(
    "columns",
    [
        {"label": np.arange(ROWS) % 3, "a": A, "b": B},
        {"Species": KIND, "a": A, "b": B},
        {"sort": KIND, "a": A, "b": B},
    ],
)
def test_a_label_elsewhere_is_asked_for(tmp_path, columns):
    path = write_table(tmp_path, columns)
    name = next(iter(columns))
    assert f"--label {name}, or --label b" in refusal(path)
    assert read(path, label=name).task == "classification"
    assert read(path, label="b").task == "regression"


def test_a_label_is_found_by_name_and_without_names_by_place(tmp_path):
    columns = {"kind": KIND, "a": A, "b": B}
    dataset = read(write_table(tmp_path, columns), label="kind")
    assert (rows_seen(dataset) == expected(A, B)).all()
    dataset = read(write_table(tmp_path, columns, header=False), label="1")
    assert (rows_seen(dataset) == expected(A, B)).all()


@pytest.mark.parametrize("label", ["u,v", ["u", "v"]])
def test_several_columns_are_several_labels_or_targets(tmp_path, label):
    flags = RNG.integers(0, 2, (2, ROWS))
    path = write_table(tmp_path, {"a": A, "u": flags[0], "b": B, "v": flags[1]})
    dataset = read(path, label=label)
    assert (dataset.task, dataset.classes) == ("multilabel", ("u", "v"))
    assert dataset.train.labels.shape[1] == 2
    path = write_table(tmp_path, {"a": A, "u": B, "b": B, "v": B + A})
    dataset = read(path, label=label)
    assert (dataset.task, dataset.classes) == ("regression", ("u", "v"))
    rows = dataset.train
    assert np.allclose(rows.labels.sum(1), rows.values[:, 0] + 2 * rows.values[:, 1])


def test_numbers_with_decimals_are_targets_in_their_own_unit(tmp_path):
    dataset = read(write_table(tmp_path, {"a": A, "b": B, "price": 1e4 * A}))
    assert (dataset.task, dataset.classes) == ("regression", ("price",))
    assert np.allclose(dataset.train.labels[:, 0], 1e4 * dataset.train.values[:, 0])


@pytest.mark.parametrize("nothing", ["", "NaN", "NA", "null"])
def test_missing_labels_are_refused_by_line(tmp_path, nothing):
    kind = KIND.astype("U9")
    kind[[3, 5]] = nothing
    text = refusal(write_table(tmp_path, {"a": A, "kind": kind}))
    assert "2 of 24 examples, at line 5, line 7" in text


def test_one_and_one_point_zero_are_one_class(tmp_path):
    kind = np.where(
        np.arange(ROWS) < 9, "1.0", np.array(["1", "0"])[np.arange(ROWS) % 2]
    )
    assert read(write_table(tmp_path, {"a": A, "kind": kind})).classes == ("0", "1")
