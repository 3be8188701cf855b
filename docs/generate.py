"""Writes the generated pages: the gallery, the reference, the rules, the benchmarks."""

import inspect
import re
import shutil
from pathlib import Path
from types import ModuleType

from gallery import children, gallery

import keras_residual as kr
from keras_residual.checks.catalogue import RULES

ROOT = Path(__file__).parents[1]

NAMES = [name for name in kr.__all__ if not name.startswith("__")]

# What one does with a name, by the room that it lives in.
GROUPS = {
    "Build": ("compose",),
    "Look inside": ("graph", "measures", "checks", "drawing", "reports"),
    "Rewrite": ("transforms",),
    "Files, training, errors": ("files", "train", "common"),
}


def pages(docs: Path) -> None:
    """Writes every generated page under `docs/generated`.

    Args:
        docs: The folder of the pages.
    """
    out = docs / "generated"
    shutil.rmtree(out, ignore_errors=True)
    made = {**gallery(), **_reference(), **_rules(), **_benchmarks()}
    for name, text in made.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


# The reference


def _reference() -> dict[str, str]:
    """Writes a page a public name, one for each of a module's, and one of them all."""
    places = {id(getattr(kr, name)): name for name in NAMES}  # a thing has one page
    made, listed = (
        {},
        ["# Reference", "", "Each name of `import keras_residual as kr`."],
    )
    for group, rooms in GROUPS.items():
        names = [name for name in NAMES if _room(name) in rooms]
        listed += ["", f"## {group}", "", "| name | |", "|---|---|"]
        listed += [
            f"| [`kr.{n}`](reference/{n}.md) | {_first_line(getattr(kr, n))} |"
            for n in names
        ]
        for name in names:
            made |= _pages(name, getattr(kr, name), places)
    left = {name for name in NAMES if f"reference/{name}.md" not in made}
    if left:
        raise ValueError(f"no group of the reference has {sorted(left)}")
    tree = children([f"reference/{name}" for name in NAMES])
    return {"reference.md": "\n".join([*listed, "", tree]), **made}


def _room(name: str) -> str:
    value = getattr(kr, name)
    home = value.__name__ if isinstance(value, ModuleType) else value.__module__
    return home.split(".")[1]


def _first_line(value: object) -> str:
    document = inspect.getdoc(value) or ""
    return document.partition("\n")[0].replace("|", r"\|")


def _pages(name: str, value: object, places: dict[int, str]) -> dict[str, str]:
    """Returns the page of a name; of a module, a page besides for each of its own."""
    if not isinstance(value, ModuleType):
        return {f"reference/{name}.md": f"# kr.{name}\n\n{_directive(value)}"}
    made, rows, own = {}, [], []
    for member in sorted(value.__all__):
        one = getattr(value, member)
        place = places.setdefault(id(one), f"{name}/{member}")
        if place == f"{name}/{member}":
            own.append(place)
            title = f"# kr.{name}.{member}"
            made[f"reference/{place}.md"] = f"{title}\n\n{_directive(one)}"
        rows.append(f"| [`kr.{name}.{member}`]({place}.md) | {_first_line(one)} |")
    document = (inspect.getdoc(value) or "").strip()
    page = [f"# kr.{name}", "", document, "", "| name | |", "|---|---|", *rows, ""]
    return {f"reference/{name}.md": "\n".join([*page, children(own)]), **made}


def _directive(value: object) -> str:
    """Returns the directive that writes a docstring out, under its place of birth."""
    if not callable(value):
        return f"{inspect.getdoc(value) or ''}\n"
    kind = "autoclass" if inspect.isclass(value) else "autofunction"
    members = "\n   :members:" if kind == "autoclass" else ""
    place = f"{value.__module__}.{value.__name__}"
    return f"```{{eval-rst}}\n.. {kind}:: {place}{members}\n```\n"


# The rules


def _rules() -> dict[str, str]:
    """Writes a page a rule of `check`, and one that lists them."""
    listed = [
        "# Rules",
        "",
        "What `kr.check` looks for. Each page has the mistake, why",
    ]
    listed += ["it is one, and the code to write instead.", ""]
    listed += ["| rule | level | |", "|---|---|---|"]
    listed += [
        f"| [{rule.code} {rule.name}](rules/{rule.code}.md) | {rule.level} "
        f"| {rule.summary.rstrip('.')} |"
        for rule in RULES
    ]
    tree = children([f"rules/{rule.code}" for rule in RULES])
    made = {f"rules/{rule.code}.md": _rule(rule) for rule in RULES}
    return {"rules.md": "\n".join([*listed, "", tree]), **made}


def _rule(rule) -> str:
    mended = " · `kr.mend` can mend it" if rule.fixable else ""
    head = f"# {rule.code} {rule.name}\n\n*{rule.level}*{mended}\n\n"
    return head + rule.document + "\n"


# The benchmarks


def _benchmarks() -> dict[str, str]:
    """Writes a page a record of what was measured, and one that lists them."""
    measured, effects = map(_records, ("benchmarks", "examples"))
    records = [*measured, *effects]
    made = {f"benchmarks/{record.name}": _record(record) for record in records}
    listed = ["# Benchmarks", "", "What was measured, when, with which versions and on"]
    listed += ["which machine. `make bench` and `make race` print them anew.", ""]
    listed += [*map(_item, measured), "", "## Published effects, small", ""]
    listed += ["Each is a script of `examples/`, which prints its record anew.", ""]
    listed += map(_item, effects)
    tree = children([f"benchmarks/{record.stem}" for record in records])
    return {"benchmarks.md": "\n".join([*listed, "", tree]), **made}


def _records(folder: str) -> list[Path]:
    return sorted((ROOT / folder / "records").glob("*.md"))


def _item(record: Path) -> str:
    return f"- [{_title(record)}](benchmarks/{record.name})"


def _title(record: Path) -> str:
    return record.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _record(record: Path) -> str:
    """Returns a record whose pictures are found from the page."""
    text = record.read_text(encoding="utf-8")
    beside = "../../../benchmarks/records/"
    return re.sub(r"\]\((?!\w+:|#)([\w-]+\.svg)\)", rf"]({beside}\1)", text)
