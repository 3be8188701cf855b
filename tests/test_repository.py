"""What stands around the code: workflows, forms, pins, the citation, named paths."""

import re
from pathlib import Path

import pytest
import yaml
from test_hygiene import lock, project

import keras_residual as kr

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("w*.yml"))
PINNED = re.compile(r"^\s*- uses: [\w-]+/[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$")
BACKENDS = ["tensorflow", "jax", "torch"]


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(path: Path) -> list[dict]:
    return list(read(path)["jobs"].values())


def breaches(text: str) -> list[str]:
    """Returns what a workflow should not have."""
    flow = yaml.safe_load(text)
    every = [flow, *flow["jobs"].values()]
    steps = [step for job in every[1:] for step in job["steps"]]
    lines = [line for line in text.splitlines() if "uses:" in line]
    found = [line for line in lines if not PINNED.match(line)]
    found += ["no permissions"] * ("permissions" not in flow)
    found += [
        f"permissions: {given}"
        for one in every
        if (given := one.get("permissions", {})) not in ({}, {"contents": "read"})
    ]
    found += [
        "checkout keeps its token"
        for step in steps
        if step.get("uses", "").startswith("actions/checkout@")
        and step.get("with", {}).get("persist-credentials") is not False
    ]
    found += [s["run"] for s in steps if "${{" in s.get("run", "")]
    found += ["no time limit" for job in every[1:] if "timeout-minutes" not in job]
    found += ["pull_request_target"] * ("pull_request_target" in text)
    return found + ["secrets"] * ("secrets." in text)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_what_was_read_and_may_do_little(path):
    assert breaches(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"@[0-9a-f]{40} .*", "@v7"),
        (r"@[0-9a-f]{30}", "@"),
        (r"  # v.*", ""),
        ("contents: read", "contents: write"),
        ("permissions:\n.*\n", ""),
        ("(timeout-minutes: .*)", "\\1\n    permissions: {id-token: write}"),
        ("timeout-minutes: .*", ""),
        ("persist-credentials: false", "persist-credentials: true"),
        ("run: make", "run: echo ${{ github.head_ref }}; make"),
        ("  pull_request:", "  pull_request_target:"),
    ],
)
def test_each_breach_is_seen(old, new):
    text = (ROOT / ".github" / "workflows" / "lint.yml").read_text(encoding="utf-8")
    broken = re.sub(old, new, text)
    assert broken != text
    assert breaches(broken)


def test_the_workflows_try_every_python_and_every_backend():
    (matrix,) = [
        job["strategy"]["matrix"]
        for job in jobs(ROOT / ".github" / "workflows" / "tests.yml")
        if "strategy" in job
    ]
    words = "Programming Language :: Python :: "
    named = [line.removeprefix(words) for line in project()["classifiers"]]
    assert matrix["python"] == [word for word in named if re.match(r"3\.\d+$", word)]
    assert matrix["backend"] == BACKENDS
    assert set(BACKENDS) < project()["optional-dependencies"].keys()


def test_linters_before_a_commit_are_those_of_make_lint():
    hooks = read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    pins = {line for hook in hooks for line in hook["additional_dependencies"]}
    assert pins == {
        f"{name}=={lock('all.txt')[name]}" for name in ("deno", "ruff", "pyright")
    }


def test_the_citation_is_of_this_version():
    cited = read(ROOT / "CITATION.cff")
    ours = project()
    assert [cited["title"], cited["version"], cited["license"], cited["keywords"]] == [
        ours["name"],
        kr.__version__,
        ours["license"],
        ours["keywords"],
    ]
    assert [one["name"] for one in cited["authors"]] == [
        one["name"] for one in ours["authors"]
    ]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_what_an_answer_needs(path):
    form = read(path)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {"name", "description", "labels", "body"} == form.keys()
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown"}
    assert all(field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


WORD = re.compile(
    r"`([^`\s]+)`|\]\(([^)#:\s]+)\)|python ((?:tests|benchmarks)/\S+\.py)"
)
# What users' data, runs and machines bring, and what Keras has.
ELSEWHERE = {"keras.json", "history.csv", "recipe.json", "model.keras"}
ELSEWHERE |= {"runs/demo/report.html", ".venv", ".h5", "table.csv", "uv.lock"}
KINDS = {".py", ".md", ".toml", ".txt", ".in", ".json", ".svg", ".cff", ".yml"}


def named_paths(text: str) -> set[str]:
    """Returns what a page names that looks like a file or folder of ours."""
    words = {next(filter(None, found)) for found in WORD.findall(text)}
    return {
        word
        for word in words - ELSEWHERE
        if re.fullmatch(r"[\w./<>*-]+", word)
        and (Path(word).suffix in KINDS or word.endswith("/"))
    }


@pytest.mark.parametrize(
    "page",
    [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "README.md",
        "SECURITY.md",
        "docs/rewriting.md",
    ],
)
def test_every_path_that_a_page_names_is_there(page):
    """From the top, or the end of a path that is; `<name>` stands for any name."""
    tops = ["src", "tests", "docs", "benchmarks", "requirements", "changelog.d"]
    files = [path for top in tops for path in (ROOT / top).rglob("*")]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    known = "\n".join(f"/{path.relative_to(ROOT).as_posix()}/" for path in files)
    missing = []
    text = (ROOT / page).read_text(encoding="utf-8")
    text = text.replace("generated/benchmarks/", "benchmarks/records/")  # on the site
    for word in sorted(named_paths(text)):
        pieces = re.split(r"<\w+>|\*+", word.removeprefix("../").strip("/"))
        pattern = r"[\w.-]+".join(map(re.escape, pieces))
        new = word.startswith("changelog.d/") or "<name>" in word or "<block>" in word
        pattern = pattern.rpartition("/")[0] if new else pattern
        if not re.search(rf"/{pattern}/", known):
            missing.append(word)
    assert missing == []


def test_a_path_that_is_gone_is_seen():
    text = "`tests/gone.py`, [there](docs/gone.md), `a word`, `x.y`, `make test`"
    assert named_paths(text) == {"tests/gone.py", "docs/gone.md"}
