"""A copy of this process, for what asks for one: signals, rights, kills."""

import os
import warnings


def fork() -> int:
    """Forks; the copy must not compute with a backend.

    A backend that has threads warns of every fork, for they are not in the copy.
    Whether it has any by now depends on the tests before.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*fork", RuntimeWarning)
        warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
        return os.fork()
