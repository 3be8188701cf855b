"""What is installed is what the sources say: two builds are the same bytes."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from yardstick import WATCHDOG

ROOT = Path(__file__).parents[1]
BUILD = """
import sys
sys.path.insert(0, "building")
import reproducible
out = sys.argv[1]  # setuptools puts its own words there
reproducible.build_wheel(out)
reproducible.build_sdist(out)
"""


def built(sources: Path, out: Path, umask: int) -> dict[str, Path]:
    """Builds offline, in a process of its own; returns what was made by its suffix."""
    out.mkdir()
    subprocess.run(
        [sys.executable, "-c", BUILD, out],
        cwd=sources,
        umask=umask,
        env={k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"},
        capture_output=True,
        timeout=WATCHDOG,
        check=True,
    )
    return {path.suffix: path for path in out.iterdir()}


def copied(to: Path) -> Path:
    skip = shutil.ignore_patterns("__pycache__", "*.egg-info", "generated")
    for name in ("src", "building", "docs", "tests/files"):
        shutil.copytree(ROOT / name, to / name, ignore=skip)
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "LICENSE"):
        shutil.copy(ROOT / name, to)
    for path in ROOT.glob("*.md"):
        shutil.copy(path, to)
    return to


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def builds(tmp_path_factory) -> list[dict[str, Path]]:
    """From a fresh copy; from an old one that is closed to others; from its sdist."""
    folder = tmp_path_factory.mktemp("builds")
    first = built(copied(folder / "a"), folder / "first", 0o022)
    other = copied(folder / "b")
    stale = other / "build" / "lib" / "keras_residual" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    for at, path in enumerate(sorted(other.rglob("*"))):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (10**9 + at, 10**9 + at))
    second = built(other, folder / "second", 0o077)
    with tarfile.open(first[".gz"]) as sdist:
        sdist.extractall(folder / "c", filter="data")
    return [first, second, built(next((folder / "c").iterdir()), folder / "third", 0)]


@pytest.mark.parametrize("suffix", [".whl", ".gz"])
def test_every_build_is_the_same_bytes(builds, suffix):
    assert len({digest(build[suffix]) for build in builds}) == 1


def test_the_wheel_is_the_package_and_nothing_else(builds):
    with zipfile.ZipFile(builds[0][".whl"]) as wheel:
        names = {n for n in wheel.namelist() if ".dist-info/" not in n}
        assert {info.external_attr >> 16 for info in wheel.infolist()} == {0o100644}
    sources = (ROOT / "src").rglob("*")
    there = {str(p.relative_to(ROOT / "src")) for p in sources if p.is_file()}
    assert {n for n in there if n.endswith(".py")} == {
        n for n in names if n.endswith(".py")
    }
    assert names <= there


def test_the_source_archive_has_no_tests_and_builds(builds):
    with tarfile.open(builds[0][".gz"]) as sdist:
        names = [name.partition("/")[2] for name in sdist.getnames()]
    assert [name for name in names if name.startswith("tests")] == []
    assert "building/reproducible.py" in names


def test_an_index_shows_no_link_that_leads_nowhere(builds):
    with zipfile.ZipFile(builds[0][".whl"]) as wheel:
        (name,) = [n for n in wheel.namelist() if n.endswith("/METADATA")]
        shown = wheel.read(name).decode()
    with tarfile.open(builds[0][".gz"]) as sdist:
        held = [name.partition("/")[2] for name in sdist.getnames()]
        (info,) = [n for n in sdist.getnames() if n.count("/") == 1 and "PKG" in n]
        assert sdist.extractfile(info).read().decode() == shown
    text = shown.partition("\n\n")[2]
    assert "\nDescription-Content-Type: text/markdown\n" in shown
    assert "x = kr.residual_block(inputs, 64)" in text
    assert re.findall(r"<img|\]\((?!https://)", text) == []
    links = re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text("utf-8"))
    paths = [link for link in links if not link.startswith("https://")]
    assert paths
    assert [p for p in paths if f"`{p}`" not in text or p not in held] == []
