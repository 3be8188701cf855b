"""What the skip is worth at each depth: residual networks against plain twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_residual.common.terminal import Console
from keras_residual.compose import models
from keras_residual.compose.arguments import checked, demand
from keras_residual.train.mistake import InputError, no_depth
from keras_residual.train.recipe import Recipe, to_json
from keras_residual.train.report.compared import write_comparison
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import task_of
from keras_residual.train.training import fit_recipe
from keras_residual.train.twins import Comparison, Twin

KINDS: dict[str, dict[str, Any]] = {"residual": {}, "plain": {"shortcut": "none"}}


@checked
def compare(
    recipe: Recipe,
    out: str | Path,
    *,
    depths: Sequence[int] = (8, 20, 44),
    seeds: Sequence[int] = (0,),
    console: Console | None = None,
) -> Comparison:
    """Trains a residual and a plain network of each depth, with the same everything.

    A plain twin is the same network with `shortcut="none"`, from the same seed.

    Args:
        recipe: How each is trained; its model and seed are replaced, and the shortcut
            of the plain ones.
        out: The folder to make: a run folder each, and the comparison.
        depths: Numbers of layers; there is a model `resnet<depth>` for each.
        seeds: A run is made with each.
        console: Where progress is shown. Nowhere by default.

    Raises:
        InputError: A depth has no model, none is given or one twice, the data does not
            fit, or the folder exists.
    """
    console = console or Console(quiet=True)
    folder = RunFolder(out)
    folder.refuse_existing()
    depths, seeds = _once("depths", depths), _once("seeds", seeds)
    for depth in depths:
        if f"resnet{depth}" not in models.names():
            raise no_depth(depth, models.names())
    for seed in seeds:
        replace(recipe, seed=seed)  # refuses one that is out of range
    runs = [
        _train(replace(recipe, seed=seed), depth, kind, folder=folder, console=console)
        for depth in depths
        for seed in seeds
        for kind in KINDS
    ]
    twins, tasks = zip(*runs, strict=True)
    metric = task_of(tasks[0]).score
    contents = {
        "recipe": recipe.to_dict(),
        "twins": [twin.row(metric) for twin in twins],
    }
    folder.write_text(folder.path / "compare.json", to_json(contents))
    found = Comparison(folder.path, twins, metric)
    write_comparison(folder, found, recipe)
    return found


def _once(name: str, given: Sequence[int]) -> list[int]:
    """Returns numbers as a list, if they are some and none stands there twice."""
    numbers = list(given)
    for number in numbers:  # an iterator is looked at here for the first time
        demand("compare", name, "int", number)
    if numbers and len(set(numbers)) == len(numbers):
        return [int(number) for number in numbers]
    once = list(dict.fromkeys(numbers)) or [8, 20]
    raise InputError(
        f"Compare: its {name} are none, or one stands there twice.",
        given=f"{name}={numbers!r:.200}",
        needed="A network is trained once with each depth and each seed.",
        write=f"{name}={once}",
        option=f"--{name} {','.join(map(str, once))}",
    )


def _train(
    recipe: Recipe, depth: int, kind: str, *, folder: RunFolder, console: Console
) -> tuple[Twin, str | None]:
    name = f"resnet{depth}"
    recipe = replace(recipe, model=name, parts=recipe.parts | KINDS[kind])
    console.print(f"\n{name}, {kind}, seed {recipe.seed}")
    run = fit_recipe(
        recipe, folder.path / f"{name}-{kind}-{recipe.seed}", console=console
    )
    twin = Twin(
        depth=depth,
        kind=kind,
        seed=recipe.seed,
        score=run.score,
        training_loss=run.rows[-1]["loss"],
        parameters=run.parameters,
        seconds=run.seconds,
        mae=run.rows[-1].get("val_mae"),
    )
    return twin, run.recipe.task
