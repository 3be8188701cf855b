"""Every test runs: pytest by itself passes over folders with names such as `build`."""

from fnmatch import fnmatch
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_pytest_enters_every_folder_of_tests(request):
    patterns = request.config.getini("norecursedirs")
    passed_over = {
        file.relative_to(TESTS).as_posix()
        for file in TESTS.rglob("test_*.py")
        for folder in file.relative_to(TESTS).parts[:-1]
        if any(fnmatch(folder, pattern) for pattern in patterns)
    }
    assert sorted(passed_over) == [], 'in pyproject.toml:  norecursedirs = [".*"]'
