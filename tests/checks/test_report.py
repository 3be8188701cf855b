"""What is printed, and what other tools are given to read."""

import io
import json

import pytest
from rich.console import Console

from keras_residual.checks import Finding
from keras_residual.checks.catalogue import RULES
from keras_residual.checks.report import (
    as_github,
    as_json,
    as_sarif,
    as_text,
    fails,
)

ERROR = Finding("KR101", "non-negative-branch", "error", "a/add:1", "100 % %, x", "y")
NOTE = Finding("KR206", "stride-placement", "note", "", "two\nlines", "nothing", True)
FOUND = {"a b.keras": [ERROR, NOTE], "c.keras": []}


def printed(findings) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(as_text(findings))
    return console.file.getvalue()


def test_text_says_rule_place_message_and_help():
    text = printed(FOUND)
    assert "KR101 non-negative-branch  a b.keras: a/add:1" in text
    assert "      100 % %, x\n      help  y\n" in text
    assert "help  nothing  (--fix can do it)" in text
    assert text.rstrip().endswith("1 error, 1 note in 2 files")


def test_text_shortens_what_repeats():
    text = printed({"a": [ERROR] * 5 + [NOTE] * 6})
    assert text.count("KR101 non-negative-branch") == 5
    assert text.count("KR206 stride-placement") == 3
    assert "KR206 and 3 more of it" in text
    assert "5 errors, 6 notes" in text


def test_text_of_nothing():
    assert printed({"a.keras": []}) == "nothing found\n"


def test_json_holds_every_field():
    rows = json.loads(as_json(FOUND))
    assert rows[0] == {"file": "a b.keras"} | vars(ERROR)
    assert len(rows) == 2
    assert json.loads(as_json({"a": []})) == []


def test_github_escapes_what_ends_a_command():
    first, second = as_github(FOUND).split("\n")
    assert first == (
        "::error file=a b.keras,title=KR101 non-negative-branch"
        "::a/add:1: 100 %25 %25, x. y."
    )
    assert second.startswith("::notice ")
    assert "two%0Alines" in second
    assert "file=a%3Ab%2Cc" in as_github({"a:b,c": [NOTE]})


def test_sarif_names_its_rules_and_places():
    log = json.loads(as_sarif(FOUND))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    known = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(known) == [rule.code for rule in RULES]
    for rule in known.values():
        assert rule["shortDescription"]["text"]
        assert rule["help"]["markdown"]
    first, second = run["results"]
    assert first["ruleId"] in known
    assert first["level"] == "error"
    (place,) = first["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.keras"
    assert place["logicalLocations"] == [{"fullyQualifiedName": "a/add:1"}]
    assert "logicalLocations" not in second["locations"][0]


@pytest.mark.parametrize(("found", "expected"), [([], False), ([NOTE], False)])
def test_notes_alone_do_not_fail(found, expected):
    assert fails(found) is expected
    assert fails([*found, ERROR])
