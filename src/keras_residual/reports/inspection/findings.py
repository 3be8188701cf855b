"""The section on what the rules found."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from markdown_it import MarkdownIt

from keras_residual.checks import Finding, Rule
from keras_residual.common.terminal import escape
from keras_residual.reports.inspection.view import View

LEVELS = ("error", "warning", "note")
OPEN = 8  # findings of one rule that are shown before the rest is folded away


def findings(view: View) -> str:
    """Lists the findings by level and rule, each with its place and its help.

    Args:
        view: What is shown.
    """
    if not view.findings:
        return "<p>The rules found nothing to say.</p>"
    counts = {level: _of(view, level) for level in LEVELS}
    chips = "".join(
        f'<label class="chip {level}"><input type="checkbox" checked '
        f'data-filter="{level}"> {_count(len(found), level)}</label>'
        for level, found in counts.items()
        if found
    )
    groups = "".join(_level(view, level, counts[level]) for level in LEVELS)
    return f'<div class="tools" role="group" aria-label="Show">{chips}</div>{groups}'


def _of(view: View, level: str) -> list[tuple[int, Finding]]:
    return [(k, f) for k, f in enumerate(view.findings) if f.level == level]


def _count(count: int, level: str) -> str:
    return f"{count} {level}{'s' * (count > 1)}"


def _level(view: View, level: str, found: list[tuple[int, Finding]]) -> str:
    if not found:
        return ""
    rules = "".join(
        _rule(view, code, list(some))
        for code, some in groupby(found, key=lambda one: one[1].code)
    )
    title = f"<h3>{_count(len(found), level)}</h3>"
    return f'<div class="level" data-level="{level}">{title}{rules}</div>'


def _rule(view: View, code: str, found: list[tuple[int, Finding]]) -> str:
    rule = next(rule for rule in view.rules if rule.code == code)
    helps = {finding.help for _, finding in found}
    shared = _help(helps.pop()) if len(helps) == 1 else ""
    items = [_finding(view, k, one, alone=not shared) for k, one in found]
    more = "".join(items[OPEN:])
    rest = f"<details><summary>{len(items) - OPEN} more</summary><ul>{more}</ul>"
    return (
        f'<article class="card"><h4><b class="{rule.level}">{escape(code)}</b>'
        f"{escape(found[0][1].title.removeprefix(code))}</h4><ul>{''.join(items[:OPEN])}</ul>"
        f"{rest + '</details>' if more else ''}{shared}{_explained(rule)}</article>"
    )


def _finding(view: View, k: int, finding: Finding, *, alone: bool) -> str:
    at = view.unit_at(finding.path)
    place = f"<code>{escape(finding.path)}</code>" if finding.path else "the model:"
    if at is not None:
        place = f'<button type="button" class="place" data-unit="{at}">{place}</button>'
    said = f"{place} {escape(finding.message)}"
    return f'<li id="finding-{k}">{said}{_help(finding.help) if alone else ""}</li>'


def _help(text: str) -> str:
    return f'<p class="help"><span class="quiet">help</span> {escape(text)}</p>'


def _explained(rule: Rule) -> str:
    document = markdown(rule.document)
    return f"<details><summary>Why, and what instead</summary>{document}</details>"


def markdown(text: str) -> str:
    r"""Renders Markdown without letting markup through.

    Args:
        text: A rule's document; its headings become those of the fifth level.

    Examples:
        >>> markdown("## So <b>what</b>")
        '<h5>So &lt;b&gt;what&lt;/b&gt;</h5>\n'
    """
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(text)
    for token in _headings(tokens):
        token.tag = "h5"
    return reader.renderer.render(tokens, reader.options, {})


def _headings(tokens: list) -> Iterable:
    return (token for token in tokens if token.type.startswith("heading_"))
