"""Names from files give no orders: not to terminals, not to spreadsheets."""

import csv
import io
import math

import pytest

from keras_residual.common.terminal import Console, cell, plain, short
from keras_residual.measures.table import Row, Table
from keras_residual.train import InputError

CLEAR = "\x1b[2Jconv\x07\x9b1m\u202e\ud800\x00"
SPELT = r"\x1b[2Jconv\x07\x9b1m\u202e\ud800\x00"


def test_orders_are_spelt_out_and_lines_stay():
    assert plain(f"a\tb\n{CLEAR}é漢") == f"a\tb\n{SPELT}é漢"


def test_a_long_name_is_told_by_its_ends():
    assert short("a" * 80) == "a" * 80
    assert short("\x1b" + "a" * 80) == rf"\x1b{'a' * 59}...{'a' * 20}"


def test_a_mistake_is_told_in_lines_that_a_person_reads():
    name = CLEAR + "b" * 60_000
    said = str(InputError("A: b.", given=name, needed=name, write=name)).split("\n")
    assert len(said) == 4
    assert all(len(line) < 1_100 and line.isprintable() for line in said)


@pytest.mark.parametrize("colours", [None, "truecolor"])
def test_a_console_has_colours_and_passes_no_orders_on(colours):
    page = io.StringIO()
    console = Console(
        file=page, force_terminal=True, color_system=colours, highlight=False, width=99
    )
    console.print("[red]name[/red]", CLEAR)
    assert SPELT.replace(r"\x07", "") in page.getvalue()  # Rich rings no bell
    assert ("\x1b[31mname" in page.getvalue()) == (colours is not None)


def table(name: str) -> Table:
    rows = (Row(name, "identity", (-0.5, math.nan)),)
    return Table(name, 1, ("gain", "ratio"), ("gain", "ratio"), rows)


def test_a_table_prints_without_orders():
    assert "\x1b" not in str(table(CLEAR))
    assert "[2Jconv" in str(table(CLEAR))


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_in_a_csv_is_no_formula(name):
    (row,) = list(csv.reader(io.StringIO(table(name).to_csv())))[1:]
    assert row == [f"'{name}", "identity", "-0.5", ""]


def test_numbers_and_other_names_stay_as_they_are():
    assert [cell(value) for value in (-0.5, "conv-1", "")] == [-0.5, "conv-1", ""]
