"""Where and with what a benchmark ran."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import packages_distributions, version
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def machine(modules: list[str]) -> dict[str, str]:
    """Describes the circumstances that a reader needs to compare two records."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "versions": _versions(modules),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": str(cores()),
        "threads": _threads(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


def _versions(modules: list[str]) -> str:
    # TensorFlow comes as tensorflow, tensorflow-cpu, ...: ask which one it is.
    owners = packages_distributions()
    names = [owners[module][0] for module in modules]
    return ", ".join(f"{name} {version(name)}" for name in names)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":")[1] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()


def cores() -> int:
    """Returns the cores that this process may use: not always all that there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _threads() -> str:
    given = [f"{name}={os.environ[name]}" for name in THREADS if name in os.environ]
    return ", ".join(given) or "what each library takes by default"
