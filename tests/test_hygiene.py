"""What is installed is exact, what is called is harmless, what is written is ours."""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import h5py
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCKS = ["run.txt", "test.txt", "all.txt", "race.txt"]
ENTRY = re.compile(
    r"^([\w.-]+)==([\w.]+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.M
)

# The first versions without a known hole that a user of ours could fall into.
FLOORS = {
    "keras": "3.15.1",
    "pillow": "12.3",
    "torch": "2.10",
    "onnx": "1.21",
    "pyarrow": "14.0.1",
}
HDF5_FLOOR = (1, 14, 4)

# Modules that run code out of a file.
CODE_LOADERS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
BANNED_CALLS = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.load"}
# Folders that packagers, Python's ignore lists and code tools take for output.
OUTPUT_FOLDERS = {"build", "develop-eggs", "dist", "downloads", "eggs", "htmlcov"}
OUTPUT_FOLDERS |= {"lib", "lib64", "parts", "sdist", "target", "var", "wheels"}
CHECKED = ["src", "examples", "benchmarks", "requirements"]


def project() -> dict:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]


def requirements() -> Iterator[Requirement]:
    """Yields every requirement of the package and of its extras."""
    extras = project()["optional-dependencies"].values()
    for line in [*project()["dependencies"], *(x for extra in extras for x in extra)]:
        yield Requirement(line)


def lock(name: str) -> dict[str, str]:
    """Reads a lock as {package: version}."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return {m[1]: m[2] for m in ENTRY.finditer(text)}


def dangers(tree: ast.AST) -> Iterator[str]:
    """Yields what in a source could run or unpack what a file brought."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (f"import {n}" for n in names if n in CODE_LOADERS)
        elif isinstance(node, ast.ImportFrom) and node.module in CODE_LOADERS:
            yield f"from {node.module} import"
        elif isinstance(node, ast.Call):
            yield from call_dangers(node)


def call_dangers(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    options = {k.arg: ast.unparse(k.value) for k in call.keywords}
    if name in BANNED_CALLS:
        yield f"{name}()"
    if name == "torch.load" and options.get("weights_only") != "True":
        yield "torch.load without weights_only=True"
    if name.endswith(".extractall") and "filter" not in options:
        yield "extractall without a filter"
    for option, value in [
        ("allow_pickle", "True"),
        ("shell", "True"),
        ("safe_mode", "False"),
        ("weights_only", "False"),
    ]:
        if options.get(option) == value:
            yield f"{option}={value}"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_nothing_else(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    rest = ENTRY.sub("", text).split("\n", 1)[1]  # without the first, a comment
    assert rest.split() == []
    assert lock(name)


@pytest.mark.parametrize(("small", "large"), list(pairwise(LOCKS)))
def test_the_locks_agree(small, large):
    assert lock(small).items() <= lock(large).items()


def test_the_lock_takes_no_cuda():
    assert [p for p in lock("all.txt") if re.match("nvidia|cuda|triton", p)] == []


def test_every_locked_version_is_one_that_we_ask_for():
    locked = lock("all.txt")
    wrong = [
        f"{asked} but {locked[asked.name]}"
        for asked in requirements()
        if asked.name in locked and not asked.specifier.contains(locked[asked.name])
    ]
    assert wrong == []
    direct = {Requirement(line).name for line in project()["dependencies"]}
    assert direct <= lock("run.txt").keys()


@pytest.mark.parametrize("name", FLOORS)
def test_no_version_with_a_known_hole_is_allowed(name):
    below = Version(f"{FLOORS[name]}.dev0")
    asked = [r for r in requirements() if r.name == name]
    assert asked, f"{name} is no longer a dependency: take its floor out"
    for requirement in asked:
        assert not requirement.specifier.contains(below, prereleases=True)


def test_hdf5_is_new_enough():
    assert h5py.version.hdf5_version_tuple >= HDF5_FLOOR


def test_no_source_can_run_what_a_file_brings():
    found = [
        f"{path.relative_to(ROOT)}: {danger}"
        for top in CHECKED
        for path in sorted((ROOT / top).rglob("*.py"))
        for danger in dangers(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from marshal import loads",
        "eval('1')",
        "os.system('ls')",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
        "archive.extractall(folder)",
        "keras.models.load_model(path, safe_mode=False)",
    ],
)
def test_each_danger_is_seen(code):
    assert list(dangers(ast.parse(code)))


def test_no_file_names_a_place_on_somebodys_machine():
    place = re.compile(r"(?<![\w.])/(?:work|root|opt|home|Users)/\w")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path in text_files()
        for line in path.read_text(encoding="utf-8", errors="ignore").splitlines()
        if place.search(line)
    ]
    assert found == []


def text_files() -> Iterator[Path]:
    kinds = {".py", ".md", ".txt", ".in", ".toml", ".json", ".csv", ".cff", ""}
    kinds |= {".yml", ".yaml"}
    tops = ["src", "tests", "examples", "benchmarks", "docs", "requirements"]
    tops += [".ci", ".github"]
    top_level = [path for path in ROOT.iterdir() if path.is_file()]
    for path in [*top_level, *(p for top in tops for p in (ROOT / top).rglob("*"))]:
        if path.is_file() and path.suffix in kinds and path.name != ".git":
            yield path


def test_no_folder_of_code_is_taken_for_output():
    tops = [*CHECKED, "tests"]
    folders = {path.parent for top in tops for path in (ROOT / top).rglob("*.py")}
    parts = {part for path in folders for part in path.relative_to(ROOT).parts}
    assert OUTPUT_FOLDERS & parts == set()
