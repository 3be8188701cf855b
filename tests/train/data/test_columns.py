"""How the cells of a column become numbers."""

import numpy as np
import pytest
from readings import (
    DAYS,
    KIND,
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


def test_missing_cells_are_refused_by_column_and_line_and_the_advice_works(tmp_path):
    a = A.astype(str)
    a[[2, 8]] = "", "n/a"
    path = write_table(tmp_path, {"a": a, "b": B, "kind": KIND})
    assert "'a' 2 of 24; column 'a' at line 4 and line 10" in refusal(path)
    import pandas as pd

    pd.read_csv(path).dropna().to_csv(path, index=False)
    assert (
        rows_seen(read(path)) == expected(*(np.delete(x, [2, 8]) for x in (A, B)))
    ).all()


@pytest.mark.parametrize("cell", ["tall", "1,234", "12 %", "1.234,5", "inf", "$3"])
def test_a_cell_that_is_no_number_is_refused_by_its_place(tmp_path, cell):
    a = A.astype("U9")
    a[4] = f'"{cell}"'
    text = refusal(write_table(tmp_path, {"a": a, "b": B, "kind": KIND}))
    assert f"{cell!r} in line 6, column 'a'" in text


def test_words_are_one_hot(tmp_path):
    sex = np.array(["m", "f", "f"])[np.arange(ROWS) % 3]
    dataset = read(write_table(tmp_path, {"a": A, "sex": sex, "kind": KIND}))
    assert (rows_seen(dataset) == expected(A, sex == "f", sex == "m")).all()
    assert "'sex' is one of f and m" in said(dataset)


def test_flags_are_numbers(tmp_path):
    dataset = read(write_table(tmp_path, {"a": A, "b": B > 0, "kind": KIND}))
    assert (rows_seen(dataset) == expected(A, B > 0)).all()


def test_text_is_refused_by_name(tmp_path):
    names = [f"Miss {n}, of {n}" for n in range(ROWS)]
    text = refusal(
        write_table(tmp_path, {"a": A, "name": [f'"{n}"' for n in names], "k": KIND})
    )
    assert (
        "column 'name': 24 different words in 24 rows, such as 'Miss 0, of 0'" in text
    )
    assert "df.drop(columns='name')" in text


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("%Y-%m-%d", "2023-01-01"),
        ("%Y-%m-%dT%H:%M:%S", "2023-01-01"),
        ("%d.%m.%Y", "2023-01-01"),
        ("%d/%m/%Y", "2023-01-01"),
        ("%m/%d/%Y", "2023-01-01"),
    ],
)
def test_dates_are_days(tmp_path, form, start):
    dates = np.datetime64(start) + DAYS
    cells = [one.strftime(form) for one in dates.astype(object)]
    dataset = read(write_table(tmp_path, {"a": A, "day": cells, "kind": KIND}))
    assert (rows_seen(dataset) == expected(A, DAYS)).all()
    assert f"'day' is a date, in days from {start}" in said(dataset)


def test_dates_of_which_day_and_month_are_unclear_are_refused(tmp_path):
    cells = [f"0{n % 9 + 1}/0{n % 7 + 1}/2023" for n in range(ROWS)]
    assert "%d/%m/%Y or %m/%d/%Y" in refusal(
        write_table(tmp_path, {"a": A, "day": cells, "kind": KIND})
    )


@pytest.mark.parametrize("odd", ["0001-01-01", "9999-12-31", "1600-02-29"])
def test_dates_that_stand_for_never_are_refused(tmp_path, odd):
    cells = [f"2024-01-{n + 1:02}" for n in range(ROWS - 1)] + [odd]
    text = refusal(write_table(tmp_path, {"a": A, "day": cells, "kind": KIND}))
    assert f"'{odd}' in line {ROWS + 1}, column 'day'; 1 of {ROWS} rows" in text


def test_constant_and_empty_columns_are_left_out_and_named(tmp_path):
    columns = {"a": A, "b": 7 + 0 * A, "c": [""] * ROWS, "kind": KIND}
    dataset = read(write_table(tmp_path, columns))
    assert (rows_seen(dataset) == expected(A)).all()
    assert "it never changes: 'b' and 'c'" in said(dataset)
    assert "none of them changes" in refusal(
        write_table(tmp_path, {"b": 7 + 0 * A, "kind": KIND})
    )


def test_dates_written_in_several_ways_are_refused(tmp_path):
    days = [f"{n % 9 + 1}.5.2023" for n in range(ROWS)]
    for cells, place in [
        ([*days[:20], *["2023-05-14"] * 4], "line 22"),
        ([f"{n % 9 + 1} May 2023" for n in range(ROWS)], "line 2"),
        ([f"0{n % 9 + 1}.05.23" for n in range(ROWS)], "line 2"),
    ]:
        columns = {"a": A, "day": cells, "kind": KIND}
        assert f"in {place}, column 'day'" in refusal(write_table(tmp_path, columns))


def test_words_that_are_nearly_alike_are_said(tmp_path):
    cells = np.array(["yes", "Yes", "no", "missing"])[np.arange(ROWS) % 4]
    text = said(read(write_table(tmp_path, {"a": A, "b": cells, "kind": KIND})))
    assert "'yes' and 'yes' are words of their own" in text
    assert "'missing' is a word like the others" in text


def test_many_columns_are_said_in_few_words(tmp_path):
    words = np.array(["hi", "lo"])[np.arange(ROWS) // 2 % 2]
    several = {f"w{n}": words for n in range(20)}
    each = {f"s{n}": [f"{n}{k}-" for k in KIND] for n in range(20)}
    dataset = read(write_table(tmp_path, {"a": A, **several, **each, "kind": KIND}))
    assert "and 13 more are each one of hi and lo" in said(dataset)
    assert "the like holds of 11 more columns" in said(dataset)  # one group is shown
    assert len(dataset.reading) < 30


@pytest.mark.parametrize(
    "cell",
    [
        *("1,{0:03}.5", "{0} %", "${0}", "1.{0:03},50", "'{0}", "<0.{0}", "1_{0:03}"),
        *("1\N{NARROW NO-BREAK SPACE}{0:03}", "({0}.50)", "{0}D+02", "{0}*"),
        "\N{MINUS SIGN}{0}",
    ],
)
def test_numbers_in_other_dress_are_not_taken_for_words(tmp_path, cell):
    cells = [f'"{cell.format(n)}"' for n in range(ROWS)]
    text = refusal(write_table(tmp_path, {"a": cells, "b": B, "kind": KIND}))
    assert "in line 2, column 'a'" in text
    assert "separators of thousands" in text
    text = refusal(write_table(tmp_path, {"b": B, "price": cells}))
    assert "the labels as plain numbers, " in text


@pytest.mark.parametrize(
    ("cells", "plain"),
    [
        ("€{0},000.50", "0000.50 for '€0,000.50'"),
        ("(1'00{0})", "-1000 for"),
        ("1\N{NARROW NO-BREAK SPACE}00{0},50", "1000.50 for"),
        ("<1,00{0}", "1000 or 1.000 for"),
        ("{1}.5 kg", "0.5 for '0.5 kg'"),
    ],
)
def test_a_number_in_other_dress_is_said_plainly(tmp_path, cells, plain):
    cells = [f'"{cells.format(n % 10, n)}"' for n in range(ROWS)]
    columns = {"a": cells, "b": B, "kind": KIND}
    assert f"plain numbers, {plain}" in refusal(write_table(tmp_path, columns))


def test_words_with_digits_stay_words(tmp_path):
    cells = np.array(["1.2.3", "1.2.4", "2-3"])[np.arange(ROWS) % 3]
    dataset = read(write_table(tmp_path, {"a": A, "v": cells, "kind": KIND}))
    assert dataset.train.shape == (4,)
