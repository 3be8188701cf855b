"""Which rules are asked: codes, beginnings of codes and names stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Protocol, TypeVar

from keras_residual.common.errors import ResidualError


class Named(Protocol):
    """What has a code and a name: a rule, or its document."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


One = TypeVar("One", bound=Named)


def chosen(
    rules: Sequence[One], select: Iterable[str] | None, ignore: Iterable[str]
) -> list[One]:
    """Returns the rules that are selected, all where None are, and not ignored.

    Args:
        rules: All that are known.
        select: Words for the rules to ask.
        ignore: Words for the rules not to ask.

    Raises:
        ResidualError: A word names no rule.
    """
    wanted = rules if select is None else named(rules, select)
    unwanted = named(rules, ignore)
    return [rule for rule in rules if rule in wanted and rule not in unwanted]


def named(rules: Sequence[One], words: Iterable[str]) -> list[One]:
    """Returns the rules that words stand for.

    Args:
        rules: All that are known.
        words: Codes, beginnings of codes, or names.

    Raises:
        ResidualError: A word names no rule.
    """
    found: list[One] = []
    for word in words:
        meant = [r for r in rules if r.code.startswith(word) or r.name == word]
        if not meant or not word:
            raise _unknown(rules, word)
        found.extend(meant)
    return found


def _unknown(rules: Sequence[Named], word: str) -> ResidualError:
    known = [name for rule in rules for name in (rule.code, rule.name)]
    return ResidualError(
        f'check: no rule is named "{word}".',
        needed="A rule is named by its code, the beginning of its code, or its name. "
        "They are listed by:  keras-residual rules",
        write=next(iter(get_close_matches(word, known)), ""),
    )
