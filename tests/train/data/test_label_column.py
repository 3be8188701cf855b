"""Which columns of a table are to be learned."""

import numpy as np
import pytest
from readings import (
    KIND,
    RNG,
    ROWS,
    A,
    B,
    expected,
    read,
    refusal,
    rows_seen,
    write_table,
)


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
