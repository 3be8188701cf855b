"""Begins with the files that take longest, so that no worker ends long after another.

A file is one worker's (`--dist loadfile`), and most of the time is in a few of them.
With `--shuffle SEED` the tests of each file come in another order: none may need what
another has left behind.
"""

import random

# Files of networks that are built whole, and of processes that start a backend.
LONGEST = (
    "test_benchmarks.py",
    "test_fuse_families.py",
    "export/test_formats.py",
    "accelerate/test_accelerate.py",
    "test_race.py",
    "train/test_training.py",
    "compose/test_models.py",
    "test_batch_norm.py",
    "test_examples.py",
    "test_hostile.py",
    "test_bombs.py",
    "cli/test_commands.py",
    "contracts/",
    "train/",
    "cli/",
)


def rank(test: str) -> int:
    """Returns when a test's file begins: among the first, or with all others."""
    file = test.partition("::")[0]
    found = (k for k, name in enumerate(LONGEST) if name in file)
    return next(found, len(LONGEST))


def pytest_addoption(parser):
    parser.addoption("--shuffle", metavar="SEED", help="mix the tests of each file")


def pytest_collection_modifyitems(config, items):
    if seed := config.getoption("--shuffle"):
        random.Random(seed).shuffle(items)  # noqa: S311  an order is no secret
        files = {item.path: at for at, item in enumerate(items)}
        items.sort(key=lambda item: files[item.path])
    items.sort(key=lambda item: rank(item.nodeid))
