"""Work is counted, whoever does it; what is imported on the way is not."""

import sys
from contextlib import suppress

import pytest

from keras_residual.files import dry_run
from keras_residual.files.errors import RefusedError

ALLOWED = 1000


@pytest.fixture(autouse=True)
def little_is_allowed(monkeypatch):
    monkeypatch.setattr(dry_run, "ANYWAY", ALLOWED)


def too_much():
    for _ in range(ALLOWED):
        abs(1)


def import_and_work():
    """The count goes on after an import, found or not."""
    with suppress(ModuleNotFoundError):
        __import__("missing_module")
    too_much()


def test_work_ends_where_it_is_too_much():
    with pytest.raises(RefusedError, match="more work"), dry_run.bounded_work(0):
        too_much()


def test_an_import_is_not_counted(tmp_path, monkeypatch):
    """A text layer imports TensorFlow, on any backend: millions of calls."""
    (tmp_path / "large_module.py").write_text(f"for _ in range({ALLOWED}): abs(1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "large_module", raising=False)
    with dry_run.bounded_work(0):
        __import__("large_module")
    with pytest.raises(RefusedError), dry_run.bounded_work(0):
        import_and_work()
