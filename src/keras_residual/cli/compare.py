"""`keras-residual compare`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from keras_residual.cli import options
from keras_residual.cli.models import CATALOGUE
from keras_residual.cli.options import Reading, chosen, reads
from keras_residual.cli.start import start, unless_stopped
from keras_residual.cli.train import check_unchanged
from keras_residual.common.files import at_home
from keras_residual.common.shown import whole
from keras_residual.common.terminal import Console
from keras_residual.train.mistake import InputError, no_depth
from keras_residual.train.recipe import Recipe
from keras_residual.train.run_files import read_plan
from keras_residual.train.tasks import TITLES

if TYPE_CHECKING:
    from keras_residual.train import Comparison


@reads(options.Data)
def compare(  # noqa: PLR0913 - typer reads an option from a parameter
    context: typer.Context,
    *,
    depths: Annotated[
        str, typer.Option(help="Numbers of layers, with commas.")
    ] = "8,20,44",
    seeds: Annotated[str, typer.Option(help="A run with each, with commas.")] = "0",
    data: Reading,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    weight_decay: options.WeightDecay = None,
    augment: options.Augment = None,
    class_weight: options.ClassWeight = None,
    image_size: options.ImageSize = None,
    backend: options.Backend = None,
    out: options.Out = None,
    resume: options.GoOn = False,
) -> None:
    """Shows what the skip is worth: residual networks against their plain twins."""
    console = Console(highlight=False, soft_wrap=True)
    numbers = {"depths": _numbers("depths", depths), "seeds": _numbers("seeds", seeds)}
    for depth in numbers["depths"]:
        if f"resnet{depth}" not in CATALOGUE:
            raise no_depth(depth, CATALOGUE)
    values = data | chosen(context)
    if resume:
        given = {name: numbers[name] for name in numbers if _was_given(context, name)}
        recipe, numbers, written = _begun(out, values | given)
        backend = backend or written
    else:
        recipe = Recipe(**values)
    start(backend, console, trains=True)
    from keras_residual.train import compare

    folder = out or options.free_folder(f"compare-{Path(recipe.data).stem}")
    how: Any = {**numbers, "resume": resume, "console": console}
    work = partial(compare, recipe, folder, **how)
    _show(unless_stopped(work, folder, "compare"), console)


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _begun(
    out: Path | None, values: dict[str, Any]
) -> tuple[Recipe, dict[str, list[int]], str | None]:
    """Returns recipe, numbers and backend of a comparison that is gone on with."""
    if out is None:
        raise InputError(
            "Resume: it is not said which comparison.",
            given="--resume without --out",
            needed="A comparison is named by its folder.",
            write="compare(recipe, 'runs/compare-fashion-mnist-1', resume=True)",
            option="--resume --out runs/compare-fashion-mnist-1",
        )
    plan = read_plan(at_home(out) / "plan.json")
    numbers = {name: plan[name] for name in ("depths", "seeds")}
    moved = values.pop("data", None)
    check_unchanged(plan["recipe"] | numbers, values, "plan.json")
    recipe = Recipe.from_dict(plan["recipe"])
    if moved is not None:
        recipe = replace(recipe, data=moved)
    return recipe, numbers, plan["versions"].get("backend")


def _numbers(name: str, text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise InputError(
            f"Compare: {name} are not whole numbers.",
            given=f"{name}={text!r}",
            needed=f"`{name}` are whole numbers with commas between them.",
            write=f"--{name} {'8,20,44' if name == 'depths' else '0,1,2'}",
        ) from None


def _show(found: Comparison, console: Console) -> None:
    seeds = len(found.seeds)
    spread = ", lowest and highest in brackets" if seeds > 1 else ""
    console.print(
        f"\n{TITLES[found.metric]} on the examples held out, mean of {seeds} "
        f"seed{'s' * (seeds != 1)}{spread}"
    )
    console.print(_table(found, "score", ".3f"))
    if found.metric == "r2":
        console.print(f"\n{TITLES['mae']} on them, in the target's units")
        console.print(_table(found, "mae", ".4g"))
    if found.caution:
        console.print(f"\n{found.caution}")
    console.print(f"\npicture   {found.folder / 'compare.html'}")


def _table(found: Comparison, value: Literal["score", "mae"], digits: str) -> Table:
    several = len(found.seeds) > 1
    last = "the skip is worth" if several else "difference"
    table = whole("layers", "residual", "plain", last)
    for depth in found.depths:
        means = [
            f"{found.mean(depth, kind, value):{digits}}"
            for kind in ("residual", "plain")
        ]
        table.add_row(str(depth), *means, found.worth(depth, value).said(digits))
    return table
