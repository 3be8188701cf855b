"""Every message in the gallery is what a user really reads."""

import errors
import pytest


@pytest.mark.parametrize(
    "case", errors.cases(), ids=lambda case: f"errors.md:{case.line}"
)
def test_a_bad_call_is_answered_as_the_gallery_says(case):
    message = errors.provoke(case.code)
    assert errors.agrees(case.message, message), f"\n{message}"


@pytest.mark.parametrize(
    "case",
    [case for case in errors.cases() if case.cure is not None],
    ids=lambda case: f"errors.md:{case.line}",
)
def test_who_does_what_the_advice_says_gets_further(case):
    assert errors.provoke(case.cured) == "nothing was raised\n"


def test_advice_comes_with_its_cure():
    """uncured.txt lists what no cure can follow, and says why."""
    lines = errors.UNCURED.read_text(encoding="utf-8").splitlines()
    known = [line for line in lines if not line.startswith("#")]
    assert errors.uncured() == known, "write a cure, or take its line out"


def test_every_block_of_the_gallery_is_a_case():
    page = errors.GALLERY.read_text(encoding="utf-8")
    assert len(errors.cases()) == page.count("```python") == page.count("```text") > 0


def test_the_harness_tells_messages_apart():
    assert errors.provoke("1 / 0") == "ZeroDivisionError: division by zero\n"
    assert errors.provoke("1") == "nothing was raised\n"
    assert errors.agrees("No ... here.\n", "No such file here.\n")
    assert not errors.agrees("No file here.\n", "No file there.\n")
