"""Every column is defined, in words that the site and the pages share."""

from importlib.resources import files
from pathlib import Path

from keras_residual.measures import COLUMNS
from keras_residual.measures.definitions import definitions, symbols

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"


def test_every_column_and_no_other_is_defined():
    assert set(definitions()) == set(COLUMNS)
    assert all(
        said and "`" not in said for one in definitions().values() for said in one
    )


def test_the_letters_of_the_definitions_are_explained():
    assert symbols().startswith("y = x + F: x is what the shortcut brings")
    assert "|" not in symbols()


def test_the_page_holds_the_same_words():
    """As text, and not by an include: GitHub shows the page as it stands."""
    words = files("keras_residual.measures") / "columns.md"
    page = PAGE.read_text(encoding="utf-8").splitlines()
    lines = words.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line not in page] == []
