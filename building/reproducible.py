"""Builds as setuptools does, and to the same bytes wherever the sources are the same.

What differs between two builds is the machine's: dates, the umask, owners, the order
of a folder, and what an earlier build left. Installers call these hooks (PEP 517).
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

# The first day that a zip archive can name. The same for all, with and without git.
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH") or 315532800)
FILE, FOLDER = 0o644, 0o755


def build_wheel(folder, config_settings=None, metadata_directory=None):  # noqa: D103
    with _apart():
        name = build_meta.build_wheel(folder, config_settings, metadata_directory)
    _same_wheel(Path(folder, name))
    return name


def build_sdist(folder, config_settings=None):  # noqa: D103
    with _apart():
        name = build_meta.build_sdist(folder, config_settings)
    _same_sdist(Path(folder, name))
    return name


@contextmanager
def _apart() -> Iterator[None]:
    """Builds in a new folder: what an earlier build left would be packed again."""
    before = os.environ.get("DIST_EXTRA_CONFIG")
    with tempfile.TemporaryDirectory() as place:
        settings = Path(place, "settings.cfg")
        settings.write_text(
            f"[build]\nbuild_base = {place}\n[egg_info]\negg_base = {place}\n"
        )
        os.environ["DIST_EXTRA_CONFIG"] = str(settings)
        try:
            yield
        finally:
            del os.environ["DIST_EXTRA_CONFIG"]
            if before is not None:
                os.environ["DIST_EXTRA_CONFIG"] = before


def _same_wheel(path: Path) -> None:
    with zipfile.ZipFile(path) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist()}
    date = time.gmtime(EPOCH)[:6]
    with zipfile.ZipFile(path, "w") as wheel:
        for name in sorted(held, key=lambda name: (".dist-info/" in name, name)):
            entry = zipfile.ZipInfo(name, date)
            entry.create_system, entry.external_attr = 3, (0o100000 | FILE) << 16
            wheel.writestr(entry, held[name], zipfile.ZIP_DEFLATED)


def _same_sdist(path: Path) -> None:
    with tarfile.open(path) as source:
        held = {entry.name: (entry, source.extractfile(entry)) for entry in source}
        whole = io.BytesIO()
        with tarfile.open(fileobj=whole, mode="w") as packed:
            for name, (old, file) in sorted(held.items()):
                entry = tarfile.TarInfo(name)
                entry.type, entry.size, entry.mtime = old.type, old.size, EPOCH
                entry.mode = FOLDER if old.isdir() else FILE
                packed.addfile(entry, file)
    with (
        path.open("wb") as target,
        gzip.GzipFile("", "wb", fileobj=target, mtime=EPOCH) as packed,
    ):
        packed.write(whole.getvalue())
