"""Which rules are asked, and which of their findings are on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from keras_residual.checks.rule import Finding, Rule
from keras_residual.common.errors import ResidualError


def chosen(
    rules: Iterable[Rule], select: Iterable[str] | None, ignore: Iterable[str]
) -> list[Rule]:
    """Returns the rules that are selected and not ignored.

    Args:
        rules: All rules.
        select: Codes, beginnings of codes or names; None for all rules.
        ignore: Likewise, taken out of the selected ones.

    Raises:
        ResidualError: If a word names no rule.

    Examples:
        >>> chosen([], None, [])
        []
    """
    rules = list(rules)
    wanted = rules if select is None else _named(rules, select)
    unwanted = _named(rules, ignore)
    return [rule for rule in rules if rule in wanted and rule not in unwanted]


def _named(rules: list[Rule], words: Iterable[str]) -> list[Rule]:
    found: list[Rule] = []
    for word in words:
        named = [r for r in rules if r.code.startswith(word) or r.name == word]
        if not named or not word:
            raise _unknown(rules, word)
        found.extend(named)
    return found


def _unknown(rules: list[Rule], word: str) -> ResidualError:
    known = [name for rule in rules for name in (rule.code, rule.name)]
    return ResidualError(
        f'check: no rule is named "{word}".',
        needed="A rule is named by its code, the beginning of its code, or its name. "
        "They are listed by:  keras-residual rules",
        write=next(iter(get_close_matches(word, known)), ""),
    )


def on_purpose(
    finding: Finding, rules: Iterable[Rule], intended: Mapping[str, Iterable[str]]
) -> bool:
    """Says whether a finding is marked as intended.

    Args:
        finding: The finding.
        rules: All rules, to know the words.
        intended: For each code, beginning of a code or name, the patterns of the paths
            where it is on purpose; `"*"` stands for any text.

    Raises:
        ResidualError: If a word names no rule.
    """
    rules = list(rules)
    for word, patterns in intended.items():
        codes = {rule.code for rule in _named(rules, [word])}
        if finding.code in codes and any(
            fnmatchcase(finding.path, p) for p in patterns
        ):
            return True
    return False
