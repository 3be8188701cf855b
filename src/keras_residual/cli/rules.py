"""`keras-residual rules` and `keras-residual explain`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.table import Table

from keras_residual.checks.documents import documents
from keras_residual.common.terminal import Console
from keras_residual.common.wording import closest
from keras_residual.train.mistake import InputError


def rules() -> None:
    """Lists the rules that `keras-residual check` asks."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for column in ("code", "level", "name"):  # what one types is never cut
        table.add_column(column, no_wrap=True)
    for rule in documents():
        table.add_row(rule.code, rule.level, rule.name, rule.summary)
    Console(highlight=False).print(table)


def explain(
    code: Annotated[
        str, typer.Argument(help="A rule's code or name.", show_default=False)
    ],
) -> None:
    """Explains a rule: what it does, why it is bad, examples, sources."""
    known = {name: rule for rule in documents() for name in (rule.code, rule.name)}
    if code not in known:
        raise InputError(
            "explain: no such rule.",
            given=code,
            needed="A rule is named by its code or its name; "
            "`keras-residual rules` lists them.",
            write=f"keras-residual explain {closest(code, known)}",
        )
    rule = known[code]
    console = Console(highlight=False)
    console.print(f"[bold]{rule.code} {rule.name}[/bold]  ({rule.level})\n")
    console.print(Markdown(rule.text))
