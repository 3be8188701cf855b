"""Keeps what converters and runtimes print from the reader."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def quiet() -> Iterator[None]:
    """Holds back banners, log lines and warnings; exceptions pass.

    They come from Python and, past `sys.stderr`, from C++.
    """
    before = logging.root.manager.disable
    with ExitStack() as stack:
        nowhere = stack.enter_context(open(os.devnull, "w"))  # noqa: PTH123 - a device
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            stream.flush()
            kept = os.dup(number)
            os.dup2(nowhere.fileno(), number)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, number)
        stack.enter_context(redirect_stdout(nowhere))
        stack.enter_context(redirect_stderr(nowhere))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.callback(logging.disable, before)
        logging.disable(logging.CRITICAL)
        yield
