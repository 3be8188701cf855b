"""A newcomer's `make test` leaves what it says, and no promise."""

import re
from pathlib import Path

import pytest
from full import EVERYWHERE, LEFT, ONCE, TENSORFLOW, why

TESTS = Path(__file__).parent
PROMISES = re.findall(
    r"`(?!tests)([\w/]*test_\w+\.py)`",
    (TESTS.parent / "ARCHITECTURE.md").read_text(encoding="utf-8"),
)


def functions_of(path):
    found = re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    return [f"{path.relative_to(TESTS.parent)}::{name}" for name in found]


def test_the_promises_are_found():
    assert len(PROMISES) > 15


@pytest.mark.parametrize("file", PROMISES)
def test_a_newcomer_is_shown_each_promise(file):
    assert [test for test in functions_of(TESTS / file) if why(test) is None]


def test_what_is_left_is_there():
    every = [test for path in TESTS.rglob("test_*.py") for test in functions_of(path)]
    patterns = [pattern for some in LEFT.values() for pattern in some]
    names = [pattern.partition(r"\[")[0] for pattern in patterns]
    assert [name for name in names if not any(re.search(name, t) for t in every)] == []


def test_every_file_that_computes_or_is_run_once_is_there():
    every = [str(path.relative_to(TESTS.parent)) for path in TESTS.rglob("test_*.py")]
    every += [test for path in TESTS.rglob("test_*.py") for test in functions_of(path)]
    patterns = [one.partition(r"\[")[0] for one in (*EVERYWHERE, *ONCE, *TENSORFLOW)]
    assert [one for one in patterns if not any(re.search(one, t) for t in every)] == []
