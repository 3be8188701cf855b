"""What the documents say is so: sections fit signatures, and every example runs."""

import ast
import contextlib
import doctest
import importlib.util
import inspect
import re
import shutil
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.checks.catalogue import RULES
from keras_residual.compose.models import registry

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "keras_residual").rglob("*.py"))
PAGES = [
    ROOT / "README.md",
    *(p for p in sorted((ROOT / "docs").rglob("*.md")) if "generated" not in p.parts),
]
GIVEN = {"keras": keras, "kr": kr, "np": np}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SECTION = re.compile(r"^(\w[\w ]*):\n((?:(?: {4}.*)?(?:\n|\Z))*)", re.M)
ENTRY = re.compile(r"^ {4}\*{0,2}(\w+(?:, \*{0,2}\w+)*)(?: \(.*\))?:", re.M)
CODE = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def packages() -> Iterator[types.ModuleType]:
    """Yields what people import from: every package, and what the front door offers."""
    for path in SOURCES:
        if path.name == "__init__.py":
            yield importlib.import_module(module_name(path))
    yield from (value for value in vars(kr).values() if inspect.ismodule(value))


def public() -> Iterator[tuple[str, object]]:
    """Yields every public function and class, under the name one imports it by."""
    seen = set()
    for package in packages():
        for name in getattr(package, "__all__", ()):
            value = getattr(package, name)
            if callable(value) and id(value) not in seen:
                seen.add(id(value))
                yield f"{package.__name__}.{name}", value


PUBLIC = dict(public())


@pytest.fixture(autouse=True)
def _own_names(monkeypatch):
    """What an example registers is gone after it."""
    monkeypatch.setattr(registry, "FAMILIES", dict(registry.FAMILIES))


def sections(value: object) -> dict[str, str]:
    return dict(SECTION.findall(inspect.getdoc(value) or ""))


def documented(value: object) -> list[str]:
    """Returns the arguments that the docstring describes, in its order."""
    found = sections(value)
    entries = ENTRY.findall(found.get("Args", "") or found.get("Attributes", ""))
    return [name.strip("* ") for entry in entries for name in entry.split(",")]


def accepted(value: object) -> tuple[list[str], list[str]]:
    """Returns the arguments that a call takes, and those it only hands to its base."""
    if inspect.isclass(value) and not {"__init__", "__new__"} & vars(value).keys():
        return [], []  # as its base does
    parameters = inspect.signature(value).parameters  # type: ignore[arg-type]
    handed_on = [
        name
        for name, p in parameters.items()
        if inspect.isclass(value) and p.kind in {p.VAR_KEYWORD, p.VAR_POSITIONAL}
    ]
    own = [n for n in parameters if n not in handed_on and not n.startswith("_")]
    return own, handed_on


def inherits(value: object, method: str) -> bool:
    """Says whether a method is one of Keras's or Python's, and described there."""
    bases = inspect.getmro(value)  # type: ignore[arg-type]
    foreign = [b for b in bases if not b.__module__.startswith("keras_residual")]
    return any(hasattr(base, method) for base in foreign)


def doctests(path: Path) -> list[doctest.DocTest]:
    """Collects the examples from the text, so that no decorator can hide one.

    Only a module with examples is imported: some import a backend that is not here.
    """
    parser, name = doctest.DocTestParser(), module_name(path)
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        text = (isinstance(node, kinds) and ast.get_docstring(node)) or ""
        if parser.get_examples(text):
            names = {**GIVEN, **vars(importlib.import_module(name))}
            whole = f"{name}.{getattr(node, 'name', '')}"
            line = node.body[0].lineno
            found.append(parser.get_doctest(text, names, whole, str(path), line))
    return found


DOCTESTS = [test for path in SOURCES for test in doctests(path)]


@pytest.mark.parametrize("name", PUBLIC)
def test_it_starts_with_one_plain_sentence(name):
    text = inspect.getdoc(PUBLIC[name])
    assert text, "no docstring"
    first = text.split("\n\n")[0]
    assert first.endswith("."), first
    assert "\n" not in first, f"one line, please: {first}"
    assert not first.startswith(("Instantiates", "This function")), first


@pytest.mark.parametrize("name", PUBLIC)
def test_its_arguments_are_those_it_takes(name):
    own, handed_on = accepted(PUBLIC[name])
    assert [n for n in documented(PUBLIC[name]) if n not in handed_on] == own


@pytest.mark.parametrize("name", PUBLIC)
def test_its_public_methods_are_described(name):
    described = [
        method
        for method, value in inspect.getmembers(PUBLIC[name], inspect.isfunction)
        if not method.startswith("_") and not inherits(PUBLIC[name], method)
    ]
    bare = [m for m in described if not inspect.getdoc(getattr(PUBLIC[name], m))]
    assert bare == []


@pytest.mark.parametrize("name", kr.__all__)
def test_what_the_front_door_offers_comes_with_an_example(name):
    value = getattr(kr, name)
    if callable(value):
        assert ">>>" in sections(value).get("Examples", ""), "no Examples section"


@pytest.mark.parametrize("name", PUBLIC)
def test_what_it_raises_is_said(name):
    """Only what its own body raises; what it passes on is said where it is raised."""
    value = inspect.unwrap(PUBLIC[name])  # type: ignore[arg-type]
    if not isinstance(value, types.FunctionType):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(value)))
    raised = {
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id.endswith("Error")
    }
    said = sections(PUBLIC[name]).get("Raises", "")
    assert [error for error in sorted(raised) if f"{error}:" not in said] == []


@pytest.mark.parametrize("test", DOCTESTS, ids=lambda test: test.name)
def test_its_examples_show_what_happens(test, tmp_path):
    said = []
    with contextlib.chdir(tmp_path):
        runner = doctest.DocTestRunner(optionflags=FLAGS)
        runner.run(test, out=said.append, clear_globs=False)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs_from_top_to_bottom(page, tmp_path):
    """One namespace a page, as a reader would paste it; `>>>` blocks are doctests."""
    names: dict[str, object] = {}
    with contextlib.chdir(tmp_path):
        for code in CODE.findall(page.read_text(encoding="utf-8")):
            if ">>>" in code:
                test = doctest.DocTestParser().get_doctest(
                    code, names, page.name, "", 0
                )
                runner = doctest.DocTestRunner(optionflags=FLAGS)
                runner.run(test, clear_globs=False)
                assert runner.failures == 0, code
                names.update(test.globs)
            else:
                exec(compile(code, page.name, "exec"), names)  # noqa: S102  our page


def test_each_promise_names_a_test_that_is_there():
    text = (ROOT / "docs" / "what-we-promise.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", text)
    assert len(named) > 30
    for file, test in named:
        assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8"), file


def test_the_readme_shows_code_and_both_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert CODE.search(text)
    assert "make demo" in text
    assert "make test" in text


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of the site, with those that are generated."""
    docs = shutil.copytree(ROOT / "docs", tmp_path_factory.mktemp("site") / "docs")
    for beside in ("ARCHITECTURE.md", "SECURITY.md", "benchmarks", "examples"):
        (docs.parent / beside).symlink_to(ROOT / beside)
    place = importlib.util.spec_from_file_location("generate", docs / "generate.py")
    generate = importlib.util.module_from_spec(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(docs))
        place.loader.exec_module(generate)
    generate.pages(docs)
    return docs


def test_the_site_has_a_page_for_each_public_name_rule_and_record(site):
    generated = {path.stem for path in (site / "generated").rglob("*.md")}
    records = {path.stem for path in (ROOT / "benchmarks/records").glob("*.md")}
    names = {name for name in kr.__all__ if not name.startswith("__")}
    assert {*names, *(rule.code for rule in RULES), *records} <= generated


def test_the_reference_has_a_short_page_for_each_member_of_a_module(site):
    place = site / "generated" / "reference"
    for name, module in vars(kr).items():
        if not inspect.ismodule(module) or name not in kr.__all__:
            continue
        page = (place / f"{name}.md").read_text(encoding="utf-8")
        assert "autofunction" not in page
        for member in module.__all__:
            (link,) = re.findall(rf"`kr\.{name}\.{member}`\]\(([^)]+)\)", page)
            assert (place / link).exists()


def test_links_between_pages_lead_somewhere(site):
    pages = [ROOT / "README.md", *ROOT.glob("*.md"), *site.rglob("*.md")]
    pages += (ROOT / "changelog.d").glob("*.md")
    link = re.compile(r"(?:\]\(|src=\")(?!\w+:|#)([^)#\s\"]+)")
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in link.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
