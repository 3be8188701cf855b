"""All rules: ours in the order of their codes, and then a user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, cast

from keras_residual.checks import rules as _rules
from keras_residual.checks.rule import Found, Rule
from keras_residual.common.errors import KindError, ResidualError

if TYPE_CHECKING:
    from keras_residual.checks.subject import Subject


def _all() -> tuple[Rule, ...]:
    """Takes the one rule of every file in `rules/`."""
    found = []
    for file in iter_modules(_rules.__path__):
        module = import_module(f"{_rules.__name__}.{file.name}")
        found.append(getattr(module, file.name))
    return tuple(sorted(found, key=lambda rule: rule.code))


RULES = _all()


_Look = Callable[["Subject"], Iterator[Found]]


def with_own(own: Iterable[Rule | _Look | type]) -> tuple[Rule, ...]:
    """Returns our rules, and then a user's own.

    Args:
        own: What `rule` made, functions, or classes whose objects are called.

    Raises:
        KindError: One is none of these.
        ResidualError: Its code or name is that of another rule.
    """
    found = list(RULES)
    for one in own:
        made = _rule(one)
        words = {word for rule in found for word in (rule.code, rule.name)}
        if taken := {made.code, made.name} & words:
            raise ResidualError(
                f'check: a rule is named "{min(taken)}" already.',
                given=f"a rule of code {made.code!r} and name {made.name!r}",
                needed="A code keeps its meaning, and a name says which rule is meant.",
                write='@rule("OWN1") over a function with a name of its own',
            )
        found.append(made)
    return tuple(found)


def _rule(one: Any) -> Rule:
    if isinstance(one, Rule):
        return one
    look = one() if isinstance(one, type) else one
    if not callable(look):
        raise KindError(
            "check: this is no rule.",
            given=f"rules=[{one!r:.60}]",
            needed="A rule is a function that looks at a `Subject` and yields `Found`.",
            write="rules=[my_rule]",
        )
    found = Rule("", "warning", cast(_Look, look))
    return replace(found, code=found.name)
