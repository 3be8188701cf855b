"""The picture of the house shows every room, every arrow and every circle."""

import xml.etree.ElementTree as ET
from pathlib import Path

import house
import parsed
import pytest

GRAPH = {
    "a": frozenset("b"),
    "b": frozenset("ca"),
    "c": frozenset("d"),
    "d": frozenset("ec"),
    "e": frozenset(),
}


def test_circles_are_what_reaches_itself():
    assert house.circles(GRAPH) == [frozenset("ab"), frozenset("cd")]
    line = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}
    assert house.circles(line) == []


def test_whichever_module_comes_first_none_waits_for_itself():
    assert house.circles(house.waits(parsed.sources())) == []


def test_files_that_know_each_other_even_by_type_alone_are_these():
    masks = frozenset(
        f"keras_residual.graph.{n}" for n in ("graph", "hearing", "masks")
    )
    assert house.circles(house.read(parsed.sources())) == [masks]


def test_arrows_are_counted_between_rooms_only():
    rooms = dict(zip("abcde", ["x", "x", "y", "z", "z"], strict=True))
    assert house.arrows(GRAPH, rooms) == {("x", "y"): 1, ("y", "z"): 1, ("z", "y"): 1}


def test_a_name_belongs_to_the_module_that_it_is_imported_from(monkeypatch):
    files = [parsed.PACKAGE / name for name in ("graph/graph.py", "graph/__init__.py")]
    names = [
        "keras_residual.graph.graph.Op",
        "keras_residual.graph.Op",
        "keras",
        "re.x",
    ]
    found = {files[0]: names, files[1]: names}
    monkeypatch.setattr(house, "imports", lambda path: enumerate(found[path]))
    assert house.read(files) == {
        "keras_residual.graph.graph": {"keras_residual.graph"},
        "keras_residual.graph": {"keras_residual.graph.graph"},
    }


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> ET.Element:
    file: Path = tmp_path_factory.mktemp("house") / "house.svg"
    house.main([str(file)])
    return ET.parse(file).getroot()  # noqa: S314  we wrote it


def test_the_picture_has_every_room_and_every_arrow(picture):
    texts = ["".join(one.itertext()) for one in picture.iter() if "text" in one.tag]
    assert [text for text in texts if text in house.PLACES] == list(house.PLACES)
    files = parsed.sources()
    rooms = {house.module(path): house.place(path) for path in files}
    counts = house.arrows(house.read(files), rooms)
    shown = sorted(int(text) for text in texts if text.isdigit())
    assert shown == sorted(counts.values())
    assert not any(house.wrong(pair) for pair in counts)


def test_what_is_wrong_is_red():
    said = dict.fromkeys(house.PLACES, "")
    pair = ("graph", "train")
    assert house.wrong(pair)
    assert not house.wrong(pair[::-1])
    drawn = ET.fromstring(house.draw(said, {pair: 2}, {pair, "graph"}))  # noqa: S314  as above
    assert sum(one.get("class") == "red" for one in drawn.iter()) == 4
