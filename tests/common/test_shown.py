"""What shows itself is text where it is printed, and HTML in a notebook."""

import re
from html import unescape

import keras
import pytest
from rich.console import Group
from rich.table import Table
from rich.text import Text

import keras_residual as kr
from keras_residual.common.shown import as_html
from keras_residual.common.terminal import Console
from keras_residual.transforms.comparison import Difference
from keras_residual.transforms.proof import Proof
from keras_residual.transforms.rewritten import Change, Left, Rewritten


@pytest.fixture(scope="module")
def model():
    x = keras.Input((4,), name="x")
    dense = keras.layers.Dense(4, activation="relu", name="dense")
    return keras.Model(x, keras.layers.Add(name="sum")([x, dense(x)]), name="tiny")


def texts(html: str) -> list[str]:
    """The words of each cell and paragraph."""
    found = re.findall(r"<(?:td|th|p|caption)\b[^>]*>([^<]*)<", html)
    return [unescape(text) for text in found]


def test_a_table_keeps_its_cells_sides_and_captions():
    table = Table("name", title="of [b]two[/b]", caption="below")
    table.add_column("size", justify="right")
    table.add_row("a<b", "[i]3[/i]")
    html = as_html(Group(table, Text("after"), "[dim]and & on[/dim]"))
    assert texts(html) == [
        *("of two", "name", "size", "a<b", "3"),
        *("below", "after", "and & on"),
    ]
    assert re.findall("text-align: (right|left)", html) == ["left", "right"] * 2


def test_what_a_name_orders_is_spelt_out():
    assert "\x1b" not in as_html(Text("conv\x1b[2J"))


def test_units_are_a_table_and_no_wall_of_operations(model):
    units = kr.find_residuals(model)
    assert str(units).split() == [
        *("unit", "joined", "by", "shortcut", "from", "channels", "stride"),
        *("sum", "add", "identity", "x", "4", "1"),
    ]
    assert texts(units._repr_html_())[-6:] == ["sum", "add", "identity", "x", "4", "1"]
    assert repr(units[0]) == (
        "Unit(path='sum', form='add', kind='identity', stride=1, channels=4)"
    )
    assert units == list(units)


def test_where_there_are_none_that_is_said():
    x = keras.Input((4,))
    plain = keras.Model(x, keras.layers.Dense(4)(x))
    assert str(kr.find_residuals(plain)) == "no residual units"
    assert str(kr.check(plain)) == "nothing found"


@pytest.mark.parametrize(
    "look",
    [
        *(kr.find_residuals, kr.check, kr.fuse, kr.unfold, kr.Analysis),
        lambda m: kr.run(m, keras.ops.ones((1, 4))),
        lambda m: kr.check(m, select=["KR101"])[0],
    ],
    ids=["find_residuals", "check", "fuse", "unfold", "Analysis", "run", "finding"],
)
def test_what_looks_at_a_model_shows_itself(model, look):
    html = look(model)._repr_html_()
    assert texts(html)
    assert "\x1b" not in html


def test_findings_say_what_the_command_says(model):
    (finding,) = kr.check(model, select=["KR101"])
    cells = texts(kr.check(model, select=["KR101"])._repr_html_())
    said = (finding.level, finding.title, finding.path, finding.message, finding.help)
    assert tuple(cells[-5:]) == said


def test_a_unit_names_what_is_on_each_of_its_paths(model):
    (unit,) = kr.find_residuals(model)
    assert [line.split(maxsplit=1) for line in str(unit).splitlines()] == [
        *(["unit", "sum"], ["joined", "by  add"], ["from", "x"]),
        *(["shortcut", "identity: nothing"], ["branch", "dense"]),
        *(["after", "nothing"], ["channels", "4"], ["stride", "1"]),
    ]
    assert texts(unit._repr_html_())[:4] == ["unit", "sum", "joined by", "add"]


def test_a_long_path_is_named_by_its_ends():
    y = x = keras.Input((4,))
    for place in range(12):
        y = keras.layers.Dense(4, name=f"dense{place}")(y)
    (unit,) = kr.find_residuals(keras.Model(x, keras.layers.Add()([x, y])))
    assert "dense3 → 4 more → dense8" in str(unit)


def test_a_picture_is_shown_and_is_text(model):
    picture = kr.draw(model)
    assert picture._repr_svg_() == picture
    assert picture.startswith("<svg")
    assert repr(picture).startswith("<a picture")


PATH = "encoder_block_of_the_second_stage/multi_head_attention_output_dense_layer"
WHY = "a reason that is longer than one line of a narrow terminal has any room for"
ACCOUNT = Rewritten(
    keras.Model(),
    changes=(Change("BatchNormalization", PATH, "into the kernel before it"),),
    left=(Left("BatchNormalization", PATH, WHY),),
    proof=Proof((Difference(PATH, "normal", 1e-7, 1.0, 1e-5),)),
)


@pytest.mark.parametrize("shown", [ACCOUNT, ACCOUNT.proof], ids=["account", "proof"])
def test_a_narrow_terminal_cuts_no_name(shown):
    console = Console(width=60, color_system=None)
    with console.capture() as captured:
        console.print(shown)
    printed = captured.get()
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= 60
