"""What the columns of a table mean."""

import gzip
import importlib.util

import numpy as np
import pytest

from keras_residual.train import InputError, Recipe
from keras_residual.train.data import load

RNG = np.random.default_rng(0)
ROWS = 24
A, B = RNG.normal(size=(2, ROWS)).round(3)
KIND = np.array(["cat", "dog"])[np.arange(ROWS) % 2]


def write(folder, columns, *, separator=",", header=True, name="a.csv"):
    """Writes columns by name, and returns the path."""
    rows = [list(columns)] if header else []
    rows += [list(row) for row in zip(*columns.values(), strict=True)]
    text = "".join(separator.join(map(str, row)) + "\n" for row in rows)
    (folder / name).write_text(text)
    return folder / name


def read(path, **options):
    return load(Recipe(data=str(path), **options))


def seen(dataset):
    """Returns all examples, sorted by their first column."""
    values = np.concatenate([dataset.train.values, dataset.test.values])
    return values[np.argsort(values[:, 0], kind="stable")]


def said(dataset):
    return " ".join(dataset.reading).lower()


def expected(*columns):
    values = np.stack(columns, axis=1).astype("float32")
    return values[np.argsort(values[:, 0], kind="stable")]


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    return str(caught.value)


def test_names_are_told_from_values(tmp_path):
    columns = {"a": A, "b": B, "kind": KIND}
    for header in (True, False):
        dataset = read(write(tmp_path, columns, header=header))
        assert (seen(dataset) == expected(A, B)).all()
        assert dataset.classes == ("cat", "dog")
        assert ("no line of names" in said(dataset)) is not header


@pytest.mark.parametrize(
    "names", [("0", "1", "2"), ("2020", "2021", "label"), ("", "0", "1", "2")]
)
def test_numbers_can_be_names(tmp_path, names):
    values = [A, B, KIND] if len(names) == 3 else [np.arange(ROWS), A, B, KIND]
    dataset = read(write(tmp_path, dict(zip(names, values, strict=True))))
    assert (seen(dataset) == expected(A, B)).all()
    assert "numbers in line 1 are names" in said(dataset)


def test_a_line_that_could_be_either_is_asked_and_each_answer_works(tmp_path):
    path = write(tmp_path, {"7": A, "sort": KIND, "x": B, "2021": np.arange(ROWS) % 2})
    text = refusal(path)
    assert "--header if they are names, --no-header if they are values" in text
    assert read(path, header=True).classes == ("0", "1")
    path = write(tmp_path, {"1": A, "2": B, "cow": KIND})
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
    ],
)
def test_a_column_that_only_numbers_the_rows_is_left_out(tmp_path, name, numbers):
    dataset = read(write(tmp_path, {name: numbers, "a": A, "b": B, "kind": KIND}))
    assert (seen(dataset) == expected(A, B)).all()
    assert "only numbers the rows" in said(dataset)


def test_row_numbers_without_a_name_are_left_out(tmp_path):
    columns = {"": 1 + np.arange(ROWS), "a": A, "kind": KIND}
    dataset = read(write(tmp_path, columns, header=False))
    assert (seen(dataset) == expected(A)).all()
    assert "'column 1'" in said(dataset)


def test_a_measured_column_that_counts_is_kept_and_it_is_said(tmp_path):
    dataset = read(write(tmp_path, {"age": np.arange(ROWS), "a": A, "kind": KIND}))
    assert (seen(dataset) == expected(np.arange(ROWS), A)).all()
    assert "'age' counts the rows" in said(dataset)


def test_an_empty_last_column_is_no_label(tmp_path):
    dataset = read(write(tmp_path, {"a": A, "kind": KIND, "": [""] * ROWS}))
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
    path = write(tmp_path, columns)
    name = next(iter(columns))
    assert f"--label {name}, or --label b" in refusal(path)
    assert read(path, label=name).task == "classification"
    assert read(path, label="b").task == "regression"


def test_a_label_is_found_by_name_and_without_names_by_place(tmp_path):
    columns = {"kind": KIND, "a": A, "b": B}
    dataset = read(write(tmp_path, columns), label="kind")
    assert (seen(dataset) == expected(A, B)).all()
    dataset = read(write(tmp_path, columns, header=False), label="1")
    assert (seen(dataset) == expected(A, B)).all()


@pytest.mark.parametrize("label", ["u,v", ["u", "v"]])
def test_several_columns_are_several_labels_or_targets(tmp_path, label):
    flags = RNG.integers(0, 2, (2, ROWS))
    path = write(tmp_path, {"a": A, "u": flags[0], "b": B, "v": flags[1]})
    dataset = read(path, label=label)
    assert (dataset.task, dataset.classes) == ("multilabel", ("u", "v"))
    assert dataset.train.labels.shape[1] == 2
    path = write(tmp_path, {"a": A, "u": B, "b": B, "v": B + A})
    dataset = read(path, label=label)
    assert (dataset.task, dataset.classes) == ("regression", ("u", "v"))
    rows = dataset.train
    assert np.allclose(rows.labels.sum(1), rows.values[:, 0] + 2 * rows.values[:, 1])


def test_numbers_with_decimals_are_targets_in_their_own_unit(tmp_path):
    dataset = read(write(tmp_path, {"a": A, "b": B, "price": 1e4 * A}))
    assert (dataset.task, dataset.classes) == ("regression", ("price",))
    assert np.allclose(dataset.train.labels[:, 0], 1e4 * dataset.train.values[:, 0])


@pytest.mark.parametrize("nothing", ["", "NaN", "NA", "null"])
def test_missing_labels_are_refused_by_line(tmp_path, nothing):
    kind = KIND.astype("U9")
    kind[[3, 5]] = nothing
    text = refusal(write(tmp_path, {"a": A, "kind": kind}))
    assert "2 of 24 examples, at line 5, line 7" in text


def test_one_and_one_point_zero_are_one_class(tmp_path):
    kind = np.where(
        np.arange(ROWS) < 9, "1.0", np.array(["1", "0"])[np.arange(ROWS) % 2]
    )
    assert read(write(tmp_path, {"a": A, "kind": kind})).classes == ("0", "1")


def test_missing_cells_are_refused_by_column_and_line_and_the_advice_works(tmp_path):
    a = A.astype(str)
    a[[2, 8]] = "", "n/a"
    path = write(tmp_path, {"a": a, "b": B, "kind": KIND})
    assert "'a' 2 of 24; column 'a' at line 4, line 10" in refusal(path)
    import pandas as pd

    pd.read_csv(path).dropna().to_csv(path, index=False)
    assert (seen(read(path)) == expected(*(np.delete(x, [2, 8]) for x in (A, B)))).all()


@pytest.mark.parametrize("cell", ["tall", "1,234", "12 %", "1.234,5", "inf", "$3"])
def test_a_cell_that_is_no_number_is_refused_by_its_place(tmp_path, cell):
    a = A.astype("U9")
    a[4] = f'"{cell}"'
    text = refusal(write(tmp_path, {"a": a, "b": B, "kind": KIND}))
    assert f"{cell!r} in line 6, column 'a'" in text


def test_words_are_one_hot(tmp_path):
    sex = np.array(["m", "f", "f"])[np.arange(ROWS) % 3]
    dataset = read(write(tmp_path, {"a": A, "sex": sex, "kind": KIND}))
    assert (seen(dataset) == expected(A, sex == "f", sex == "m")).all()
    assert "'sex' is one of f and m" in said(dataset)


def test_flags_are_numbers(tmp_path):
    dataset = read(write(tmp_path, {"a": A, "b": B > 0, "kind": KIND}))
    assert (seen(dataset) == expected(A, B > 0)).all()


def test_text_is_refused_by_name(tmp_path):
    names = [f"Miss {n}, of {n}" for n in range(ROWS)]
    text = refusal(
        write(tmp_path, {"a": A, "name": [f'"{n}"' for n in names], "k": KIND})
    )
    assert (
        "column 'name': 24 different words in 24 rows, such as 'Miss 0, of 0'" in text
    )
    assert "df.drop(columns='name')" in text


DAYS = np.array([0, 3, 31, 59, 75, 365] * 4)


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
    dataset = read(write(tmp_path, {"a": A, "day": cells, "kind": KIND}))
    assert (seen(dataset) == expected(A, DAYS)).all()
    assert f"'day' is a date, in days from {start}" in said(dataset)


def test_dates_of_which_day_and_month_are_unclear_are_refused(tmp_path):
    cells = [f"0{n % 9 + 1}/0{n % 7 + 1}/2023" for n in range(ROWS)]
    assert "%d/%m/%Y or %m/%d/%Y" in refusal(
        write(tmp_path, {"a": A, "day": cells, "kind": KIND})
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " ", "   "])
@pytest.mark.parametrize("header", [True, False])
def test_separators_are_found(tmp_path, separator, header):
    path = write(
        tmp_path, {"a": A, "b": B, "kind": KIND}, separator=separator, header=header
    )
    assert (seen(read(path)) == expected(A, B)).all()


def test_a_separator_can_be_said(tmp_path):
    sort = [f"{word};small" for word in KIND]
    path = write(tmp_path, {"a": A, "sort;size": sort})
    assert "24 examples of 1 class" in refusal(path)
    assert read(path, separator=",").classes == ("cat;small", "dog;small")


def test_decimal_commas_are_numbers(tmp_path):
    columns = {"a": A, "b": B, "price": 10 * A + B}
    commas = {n: [str(c).replace(".", ",") for c in col] for n, col in columns.items()}
    dataset = read(write(tmp_path, commas, separator=";"))
    assert (seen(dataset) == expected(A, B)).all()
    assert dataset.task == "regression"
    assert "decimal commas" in said(dataset)


@pytest.mark.parametrize("closed", [True, False])
def test_a_quote_that_swallows_lines_is_refused_with_its_line(tmp_path, closed):
    kind = KIND.astype("U9")
    kind[7] = '"cat'
    if closed:
        kind[17] = 'dog"'
    text = refusal(write(tmp_path, {"a": A, "kind": kind}))
    assert f"opened in line 9 and {'closed in line 19' if closed else 'never'}" in text


def test_a_quote_within_a_line_is_fine(tmp_path):
    sort = [f'"{word}, ""small"""' for word in KIND]
    assert read(write(tmp_path, {"a": A, "sort": sort})).classes == (
        'cat, "small"',
        'dog, "small"',
    )


@pytest.mark.parametrize("row", ["1", "1,2,cat,9"])
def test_a_row_of_another_width_is_refused_with_its_line(tmp_path, row):
    path = write(tmp_path, {"a": A, "b": B, "kind": KIND})
    path.write_text(f"\n{path.read_text()}\n\n{row}\n")
    assert f"{row.count(',') + 1} cells in line 29, 3 in the first" in refusal(path)


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = write(tmp_path, {"a": A, "a ": B, "kind": KIND})
    assert "'a', twice" in refusal(path)


def test_constant_and_empty_columns_are_left_out_and_named(tmp_path):
    columns = {"a": A, "b": 7 + 0 * A, "c": [""] * ROWS, "kind": KIND}
    dataset = read(write(tmp_path, columns))
    assert (seen(dataset) == expected(A)).all()
    assert "it never changes: 'b' and 'c'" in said(dataset)
    assert "none of them changes" in refusal(
        write(tmp_path, {"b": 7 + 0 * A, "kind": KIND})
    )


def test_other_files_of_tables_are_read(tmp_path):
    path = write(tmp_path, {"a": A, "kind": KIND}, separator="\t", name="a.tsv")
    text = path.read_text()
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "bom.csv").write_text(text, encoding="utf-8-sig")
    (tmp_path / "wide.txt").write_text(text, encoding="utf-16")
    for name in ("a.tsv", "a.tsv.gz", "bom.csv", "wide.txt"):
        assert (seen(read(tmp_path / name)) == expected(A)).all()
        assert read(tmp_path / name).classes == ("cat", "dog")


def test_a_compressed_table_that_would_fill_the_memory_is_refused(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"1,2\n" * (1 << 22)))
    assert "too large when unpacked" in refusal(tmp_path / "a.csv.gz")


@pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is not None, reason="pyarrow is installed"
)
def test_what_reads_parquet_is_named_where_it_is_missing(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    assert "pip install pyarrow" in refusal(tmp_path / "a.parquet")


def test_a_parquet_file_is_read_as_pandas_reads_it(tmp_path, monkeypatch):
    import pandas as pd

    frame = pd.DataFrame(
        {
            "a": A,
            "day": pd.Timestamp("2023-01-01") + pd.to_timedelta(DAYS, unit="D"),
            "flag": pd.array(B > 0, dtype="boolean"),
            "kind": pd.Categorical(KIND),
        }
    )
    monkeypatch.setattr(pd, "read_parquet", lambda path: frame)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    dataset = read(tmp_path / "a.parquet")
    assert (seen(dataset) == expected(A, DAYS, B > 0)).all()
    frame.loc[3, "a"] = np.nan
    assert "column 'a' at row 4" in refusal(tmp_path / "a.parquet")


def test_the_terms_name_every_column_in_its_place(tmp_path):
    sex = np.array(["m", "f", "f"])[np.arange(ROWS) % 3]
    columns = {"": np.arange(ROWS), "a": A, "c": 0 * A, "sex": sex, "kind": KIND}
    terms = read(write(tmp_path, columns)).terms
    assert terms["named"]
    assert [(one["name"], one["kind"]) for one in terms["columns"]] == [
        ("column 1", "left out"),
        ("a", "number"),
        ("c", "left out"),
        ("sex", "words"),
        ("kind", "label"),
    ]
    assert terms["columns"][3]["words"] == ("f", "m")
