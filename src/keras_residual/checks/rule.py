"""What a rule is, what it finds, and how a file of a rule is read."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from keras_residual.common.errors import KindError
from keras_residual.common.shown import Shown, whole
from keras_residual.common.wording import listed

if TYPE_CHECKING:
    from keras_residual.checks.subject import Subject
    from keras_residual.graph.graph import Op

Level = Literal["error", "warning", "note"]

_HEADING = re.compile(r"^## (.+)$", re.M)
_CODE = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


class Found(NamedTuple):
    """What a rule yields: where, what is there, and what to write instead.

    Args:
        path: The path of the operation or layer; empty for the whole model.
        message: What is there, with its real values, in one sentence.
        help: What to do, in one sentence, with the words to write.
    """

    path: str
    message: str
    help: str


@dataclass(frozen=True)
class Finding(Shown):
    """One thing that a rule found in a model.

    Args:
        code: The code of the rule: `"KR101"`.
        name: The name of the rule: `"non-negative-branch"`.
        level: `"error"` where results are wrong, `"warning"` where they are worse,
            `"note"` where a choice is only stated.
        path: The path of the operation or layer; empty for the whole model.
        message: What is there.
        help: What to do.
        fixable: Whether `keras-residual check --fix` can do it.
    """

    code: str
    name: str
    level: Level
    path: str
    message: str
    help: str
    fixable: bool = False

    @property
    def title(self) -> str:
        """The rule: its code, and its name where that is another."""
        return self.code if self.code == self.name else f"{self.code} {self.name}"

    def __rich__(self) -> Table | Text:
        return Findings([self]).__rich__()


class Findings(Shown, list[Finding]):
    """The findings of one model, as a list that shows itself."""

    def __repr__(self) -> str:
        return str(self) if self else "[]"

    def __rich__(self) -> Table | Text:
        if not self:
            return Text("nothing found")
        made = whole("", "rule", "where", "what", "help")
        for one in self:
            row = (one.level, one.title, one.path, one.message, one.help)
            made.add_row(*map(escape, row))
        return made


@dataclass(frozen=True)
class Rule:
    """One rule: its code, and the function that looks for what it forbids.

    The docstring of its file is its document: a summary and the sections "What it
    does", "Why is this bad?", "Example", "Use instead" and "References". Each of the
    two examples is code that makes a `model`.

    Args:
        code: A code that never changes its meaning.
        level: How grave its findings are.
        look: Yields what it finds.
        fixable: Whether its findings can be mended by a rewrite that proves itself.
    """

    code: str
    level: Level
    look: Callable[[Subject], Iterator[Found]]
    fixable: bool = False

    @property
    def name(self) -> str:
        """The rule's name, which reads as "allow NAME"."""
        name = getattr(self.look, "__name__", type(self.look).__name__)
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", "-", name).lower()

    @property
    def document(self) -> str:
        """The rule's whole text, in Markdown; a user's own has it in its docstring."""
        module = inspect.getmodule(self.look)
        ours = module is not None and module.__name__.startswith(f"{__package__}.")
        return inspect.getdoc(module if ours else self.look) or ""

    @property
    def summary(self) -> str:
        """The first line of the document."""
        return self.document.partition("\n")[0]

    def section(self, heading: str) -> str:
        """Returns the text under one heading of the document.

        Args:
            heading: Such as `"Why is this bad?"`.

        Raises:
            KeyError: If the document has no such section.
        """
        _, *parts = _HEADING.split(self.document)
        return dict(zip(parts[::2], parts[1::2], strict=True))[heading].strip()

    def example(self, heading: str) -> str:
        """Returns the code of `"Example"` or `"Use instead"`.

        Args:
            heading: Which of the two.
        """
        found = _CODE.search(self.section(heading) + "\n")
        return found.group(1) if found else ""

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Yields the findings in one model.

        Args:
            subject: The model that is looked at.
        """
        for found in self._found(subject):
            if not isinstance(found, Found) or not all(map(_is_text, found)):
                self._refuse(f"it yielded {found!r:.60}")
            yield Finding(self.code, self.name, self.level, *found, self.fixable)

    def _found(self, subject: Subject) -> Iterable[Found]:
        found = self.look(subject)
        if not isinstance(found, Iterable):
            self._refuse(f"it returned {found!r:.60}")
        return found

    def _refuse(self, what: str) -> NoReturn:
        raise KindError(
            f'check: the rule "{self.name}" does not say what it found.',
            given=what,
            needed="A rule yields a place, what is there, and what to do, as texts; "
            "and nothing where all is well.",
            write="yield Found(op.path, message, help)",
        )


def rule(
    code: str, level: Level = "warning", *, fixable: bool = False
) -> Callable[[Callable[[Subject], Iterator[Found]]], Rule]:
    """Makes a rule of the function under it, named as the function is.

    A rule of one's own is given to `check(model, rules=[...])`.

    Args:
        code: A code that never changes its meaning. Ours are KR1.. for paths, KR2..
            for shapes, KR3.. for norm and scale, KR4.. for training, KR5.. for
            shipping.
        level: How grave its findings are.
        fixable: Whether its findings can be mended by a rewrite that proves itself.

    Examples:
        >>> from keras_residual.checks import Found, check, rule
        >>> @rule("OWN1", "note")
        ... def wide_dense(subject):
        ...     for op in subject.layers:
        ...         if getattr(op.layer, "units", 0) > 4096:
        ...             yield Found(op.path, f"{op.layer.units} units", "use fewer")
        >>> x = keras.Input((2,))
        >>> model = keras.Model(x, keras.layers.Dense(5000, name="wide")(x))
        >>> [(f.code, f.path) for f in check(model, rules=[wide_dense])]
        [('OWN1', 'wide')]
    """
    return lambda look: Rule(code, level, look, fixable)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


NAMED = 2


def summarize(ops: Sequence[Op], most: int = NAMED) -> str:
    """Names the first operations and counts the others.

    Args:
        ops: The operations, at least one.
        most: How many are named.
    """
    return listed([f'"{op.path}"' for op in ops], most)
