"""Separators, quotes and encodings of a table."""

import gzip

import pytest
from readings import KIND, A, B, expected, read, refusal, rows_seen, said, write_table

from keras_residual.train import InputError
from keras_residual.train.data.frame import Table
from keras_residual.train.data.header import column_names
from keras_residual.train.data.survey import WIDEST, Survey


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " ", "   "])
@pytest.mark.parametrize("header", [True, False])
def test_separators_are_found(tmp_path, separator, header):
    path = write_table(
        tmp_path, {"a": A, "b": B, "kind": KIND}, separator=separator, header=header
    )
    assert (rows_seen(read(path)) == expected(A, B)).all()


@pytest.mark.parametrize("named", ["sep={}\n", '"sep={}"\r\n', "\ufeffSEP={}\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("header", [True, False])
def test_a_first_line_names_the_separator(tmp_path, named, separator, header):
    columns = {"a": A, "b": B, "kind": KIND}
    path = write_table(tmp_path, columns, separator=separator, header=header)
    path.write_text(named.format(separator) + path.read_text(), encoding="utf-8")
    dataset = read(path)
    assert dataset.classes == tuple(sorted(set(KIND)))
    assert (rows_seen(dataset) == expected(A, B)).all()


def test_lines_are_counted_with_the_one_that_names_the_separator(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep=;\na;b;kind\n1;2;x\n1;2;3;y\n")
    assert "4 cells in line 4, 3 in the first line" in refusal(path)
    path.write_text("sep=#\na#b\n1#x\n")
    assert "line 1 says that '#' stands between cells" in refusal(path)


def test_a_separator_can_be_said(tmp_path):
    sort = [f"{word};small" for word in KIND]
    path = write_table(tmp_path, {"a": A, "sort;size": sort})
    assert "24 examples of 1 class" in refusal(path)
    assert read(path, separator=",").classes == ("cat;small", "dog;small")


def test_rows_with_a_name_that_line_1_lacks_are_refused_as_such(tmp_path):
    rows = "".join(
        f'"{n}" {a} "{kind}"\n' for n, (a, kind) in enumerate(zip(A, KIND, strict=True))
    )
    (tmp_path / "a.txt").write_text('"a" "kind"\n' + rows)  # as R's write.table does
    assert "3 cells in line 2, 2 in the first line" in refusal(tmp_path / "a.txt")


def test_one_point_beside_decimal_commas_may_separate_thousands(tmp_path):
    (tmp_path / "a.csv").write_text("a;b;kind\n1.234;2,5;x\n17;3,5;y\n")
    assert "a point may separate thousands" in refusal(tmp_path / "a.csv")


def test_decimal_commas_are_numbers(tmp_path):
    columns = {"a": A, "b": B, "price": 10 * A + B}
    commas = {n: [str(c).replace(".", ",") for c in col] for n, col in columns.items()}
    dataset = read(write_table(tmp_path, commas, separator=";"))
    assert (rows_seen(dataset) == expected(A, B)).all()
    assert dataset.task == "regression"
    assert "decimal commas" in said(dataset)


@pytest.mark.parametrize("closed", [True, False])
def test_a_quote_that_swallows_lines_is_refused_with_its_line(tmp_path, closed):
    kind = KIND.astype("U9")
    kind[7] = '"cat'
    if closed:
        kind[17] = 'dog"'
    text = refusal(write_table(tmp_path, {"a": A, "kind": kind}))
    assert f"opened in line 9 and {'closed in line 19' if closed else 'never'}" in text


@pytest.mark.parametrize("separator", [",", ";", " "])
def test_a_cell_of_two_lines_does_not_pass_for_another_separator(tmp_path, separator):
    note = [f'"{word} and\nsecond, too"' for word in KIND]
    columns = {"a": A, '"my note"': note, "kind": KIND}
    path = write_table(tmp_path, columns, separator=separator)
    assert "opened in line 2 and closed in line 3" in refusal(path)


def test_quotes_hold_cells_with_spaces_together(tmp_path):
    place = [f'"New  {word}"' for word in KIND]
    columns = {"a": A, '"my place"': place, "kind": KIND}
    dataset = read(write_table(tmp_path, columns, separator=" "))
    assert dataset.train.shape == (3,)
    assert "'my place' is one of new  cat and new  dog" in said(dataset)


def test_a_quote_within_a_line_is_fine(tmp_path):
    sort = [f'"{word}, ""small"""' for word in KIND]
    assert read(write_table(tmp_path, {"a": A, "sort": sort})).classes == (
        'cat, "small"',
        'dog, "small"',
    )


@pytest.mark.parametrize("row", ["1", "1,2,cat,9"])
def test_a_row_of_another_width_is_refused_with_its_line(tmp_path, row):
    path = write_table(tmp_path, {"a": A, "b": B, "kind": KIND})
    path.write_text(f"\n{path.read_text()}\n\n{row}\n")
    assert f"{row.count(',') + 1} cells in line 29, 3 in the first" in refusal(path)


def test_a_table_of_very_many_columns_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("," * WIDEST + "\n1\n")
    assert "65,537 in line 1" in refusal(path)


def test_other_files_of_tables_are_read(tmp_path):
    path = write_table(tmp_path, {"a": A, "kind": KIND}, separator="\t", name="a.tsv")
    text = path.read_text()
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "bom.csv").write_text(text, encoding="utf-8-sig")
    (tmp_path / "wide.txt").write_text(text, encoding="utf-16")
    for name in ("a.tsv", "a.tsv.gz", "bom.csv", "wide.txt"):
        assert (rows_seen(read(tmp_path / name)) == expected(A)).all()
        assert read(tmp_path / name).classes == ("cat", "dog")


def test_a_compressed_table_that_would_fill_the_memory_is_refused(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"1,2\n" * (1 << 22)))
    assert "too large when unpacked" in refusal(tmp_path / "a.csv.gz")


def test_text_of_another_encoding_is_refused_and_the_advice_works(tmp_path):
    path = write_table(tmp_path, {"a": A, "kind": KIND}, name="old.csv")
    path.write_bytes(path.read_text().replace("a,", "größe,", 1).encode("latin-1"))
    assert 'pd.read_csv("old.csv", encoding="latin-1")' in refusal(path)
    import pandas as pd

    pd.read_csv(path, encoding="latin-1").to_csv(path, index=False)
    assert (rows_seen(read(path)) == expected(A)).all()


def test_a_line_above_the_names_is_named(tmp_path):
    path = write_table(tmp_path, {"a": A, "kind": KIND})
    path.write_text(f"made by me\n{path.read_text()}")
    assert "line 1 and line 2 with as many cells" in refusal(path)


def test_many_names_are_compared_in_one_pass(tmp_path):
    names = [f"c{at}" for at in range(200_000)]
    found = Survey(tmp_path / "a.csv", "utf-8", ",", [*names, "c7"])
    with pytest.raises(InputError, match="'c7', twice or more"):
        column_names(found, header=True)
    table = Table(found.path, names, names, named=True, place=str)
    assert all(table.column(name) == name for name in names)
