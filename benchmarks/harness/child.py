"""A benchmark script that measures each backend in a fresh process of itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


def child(script: str, backend: str, *, quick: bool) -> Any:
    """Runs a script as `--child` and returns what its last line says, read as JSON.

    Args:
        script: The script's file.
        backend: What Keras computes with; a process has one.
        quick: Whether it is a smoke test.
    """
    done = subprocess.run(
        [sys.executable, script, "--child", *(["--quick"] if quick else [])],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])
