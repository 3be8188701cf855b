"""Findings as text for people and as files for tools."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from urllib.parse import quote

from rich.console import Group, RenderableType
from rich.text import Text

from keras_residual.checks.catalogue import RULES
from keras_residual.checks.rule import Finding, Rule

ByFile = Mapping[str, Sequence[Finding]]  # of each file
MANY, SHOWN = 5, 3  # findings of one rule in one file
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}


def as_text(findings: ByFile) -> RenderableType:
    """Returns the findings of each file for a person at a terminal.

    Args:
        findings: The findings of each file.
    """
    lines: list[RenderableType] = []
    for file, found in findings.items():
        for code, same in groupby(found, key=lambda finding: finding.code):
            lines += _lines(file, code, list(same))
    return Group(*lines, Text(_count(findings)))


def _lines(file: str, code: str, same: list[Finding]) -> list[RenderableType]:
    """Writes the findings of one rule in full, or some where they are many."""
    shown = same if len(same) <= MANY else same[:SHOWN]
    lines = [line for finding in shown for line in _written(file, finding)]
    if rest := len(same) - len(shown):
        lines.append(
            Text(
                f"{code} and {rest} more of it  (--format json has all)\n", style="dim"
            )
        )
    return lines


def _written(file: str, finding: Finding) -> list[RenderableType]:
    place = f"{file}: {finding.path}" if finding.path else file
    head = Text.assemble(
        (f"{finding.level}  ", _COLOURS[finding.level]),
        (finding.code, f"bold {_COLOURS[finding.level]}"),
        f"{finding.title.removeprefix(finding.code)}  ",
        (place, "bold"),
    )
    fix = "  (--fix can do it)" if finding.fixable else ""
    said = Text.assemble(
        f"      {finding.message}\n", ("      help  ", "dim"), f"{finding.help}{fix}\n"
    )
    return [head, said]


def _count(findings: ByFile) -> str:
    counts = Counter(f.level for found in findings.values() for f in found)
    named = [
        f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}"
        for level in _COLOURS
        if counts[level]
    ]
    files = f" in {len(findings)} files" if len(findings) > 1 else ""
    return (", ".join(named) or "nothing found") + files


def as_json(findings: ByFile) -> str:
    """Returns the findings as a JSON list, one object a finding.

    Args:
        findings: The findings of each file.

    Examples:
        >>> as_json({"model.keras": []})
        '[]'
    """
    rows = [
        {"file": file} | asdict(f) for file, found in findings.items() for f in found
    ]
    return json.dumps(rows, indent=2 if rows else None)


def as_github(findings: ByFile) -> str:
    """Returns the findings as workflow commands, which GitHub shows as annotations.

    Args:
        findings: The findings of each file.
    """
    return "\n".join(
        f"::{_GITHUB[f.level]} file={_property(file)},"
        f"title={_property(f.title)}"
        f"::{_data(f'{f.path}: {f.message}. {f.help}.')}"
        for file, found in findings.items()
        for f in found
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(findings: ByFile) -> str:
    """Returns the findings in SARIF 2.1.0, which code scanning services read.

    Args:
        findings: The findings of each file.

    Reference:
        OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0, 2020.
    """
    driver = {
        "name": "keras-residual",
        "rules": [*map(_sarif_rule, RULES), *_own_sarif_rules(findings)],
    }
    results = [_result(file, f) for file, found in findings.items() for f in found]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2)


def _sarif_rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "name": rule.look.__name__.title().replace("_", ""),
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.document, "markdown": rule.document},
        "defaultConfiguration": {"level": rule.level},
    }


def _own_sarif_rules(findings: ByFile) -> list[dict[str, object]]:
    """Describes the rules of a user's own, as far as their findings tell."""
    ours = {rule.code for rule in RULES}
    every = {f.code: f for found in findings.values() for f in found}
    return [
        {"id": code, "shortDescription": {"text": finding.name}}
        for code, finding in every.items()
        if code not in ours
    ]


def _result(file: str, finding: Finding) -> dict[str, object]:
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(file)}},
    }
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return {
        "ruleId": finding.code,
        "level": finding.level,
        "message": {"text": f"{finding.message}. Help: {finding.help}."},
        "locations": [location],
    }


WRITERS: dict[str, Callable[[ByFile], str]] = {
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


def fails(findings: Iterable[Finding]) -> bool:
    """Says whether a finding is more than a note.

    Args:
        findings: The findings.
    """
    return any(finding.level != "note" for finding in findings)
