"""`keras-residual forms`."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import Console
from keras_residual.common.wording import closest
from keras_residual.compose.forms import FORMS, Form
from keras_residual.compose.forms.plain import plain


def forms(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A form's name or a pattern of names, such as convnext, 'blocks.*'.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Lists the published residual connections that can be built, or tells of one."""
    found = FORMS if name is None else _found(name)
    console = Console(highlight=False)
    one = name is not None and not set("*?[") & set(name)
    if one and len({form.public for form in found}) == 1:
        for form in found:
            _tell(form, console)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)  # what one types is never cut
    table.add_column("what it is", overflow="fold")
    table.add_column("at start", no_wrap=True)
    for form in found:
        cells = (form.name, form.title, _start(form))
        table.add_row(*map(escape, cells))
    console.print(table)


def _found(name: str) -> list[Form]:
    """Returns the forms of a name, or of a pattern.

    Raises:
        ResidualError: There is none.
    """
    found = [form for form in FORMS if name in (form.name, form.public)]
    found = found or [form for form in FORMS if _fits(form, name)]
    if not found:
        known = [form.public for form in FORMS]
        known += [one.partition(".")[2] for one in known]
        raise ResidualError(
            "forms: there is no such form.",
            given=name,
            needed="`keras-residual forms` lists them; a pattern has stars.",
            write=f"keras-residual forms {closest(name, known)}",
        )
    return found


def _start(form: Form) -> str:
    """Says in a word whether it starts as an identity."""
    said = form.start.partition(",")[0]
    return {"identity": "identity", "no identity": ""}.get(said, "nearly identity")


def _fits(form: Form, pattern: str) -> bool:
    own = form.public.partition(".")[2]
    return any(fnmatch(one, pattern) for one in (form.name, form.public, own))


def _tell(form: Form, console: Console) -> None:
    opened = f"with our package, since {form.lacks}" if form.lacks else "in Keras alone"
    console.print(f"\n[bold]{escape(form.name)}[/bold]  {escape(form.title)}\n")
    console.print(Padding(escape(plain(form.equation)), (0, 2)))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for word, said in (
        ("code", form.code),
        ("input", f"(batch, {', '.join(map(str, form.shape))})"),
        ("before training", form.start),
        ("use", form.use),
        ("opens", opened),
        ("paper", f"{form.paper}, {form.link}"),
    ):
        table.add_row(word, escape(said))
    console.print(Padding(table, (1, 2)))
