"""What the skip is worth at each depth: residual networks against plain twins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import keras

from keras_residual.common.terminal import Console
from keras_residual.compose import models
from keras_residual.compose.arguments import checked, demand
from keras_residual.train.data import Dataset
from keras_residual.train.data.load import whole_path
from keras_residual.train.mistake import InputError, no_depth
from keras_residual.train.recipe import Recipe, to_json, versions
from keras_residual.train.report.compared import write_comparison
from keras_residual.train.resuming.by_recipe import resume as go_on
from keras_residual.train.run import Run
from keras_residual.train.run_files import read_plan
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
    resume: bool = False,
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
        resume: Whether to go on with the comparison in `out`, if one is there: what
            is trained stays, and a run that was stopped goes on from its checkpoint.
            All else is given as before; the data may lie elsewhere.
        console: Where progress is shown. Nowhere by default.

    Raises:
        InputError: A depth has no model, none is given or one twice, the data does not
            fit or has changed between two runs, the folder exists, the comparison in
            it is another one, or another process trains there.
    """
    depths, seeds = _once("depths", depths), _once("seeds", seeds)
    for depth in depths:
        if f"resnet{depth}" not in models.names():
            raise no_depth(depth, models.names())
    recipe = replace(recipe, data=whole_path(recipe.data))
    with RunFolder(out) as folder:
        plan = Plan(folder, recipe, depths, seeds, console or Console(quiet=True))
        if resume and plan.file.exists():
            plan.go_on()
        else:
            folder.refuse_existing("kr.train.compare(..., out='{}', resume=True)")
        return _compared(plan)


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


@dataclass
class Plan:
    """What a comparison is of, and where it is written.

    Args:
        folder: Of the comparison.
        recipe: How each network is trained.
        depths: Numbers of layers.
        seeds: Of the runs.
        console: Where progress is shown.
        moved: Where the data lies now, in a comparison that began with it elsewhere.
        data: The run whose data is known, and the data's sha256.
    """

    folder: RunFolder
    recipe: Recipe
    depths: list[int]
    seeds: list[int]
    console: Console
    moved: str | None = None
    data: tuple[str, str] | None = None

    @property
    def file(self) -> Path:
        """Where it is written."""
        return self.folder.path / "plan.json"

    def runs(self) -> Iterator[tuple[int, str, Recipe]]:
        """Yields depth, kind and recipe of each run."""
        for depth, seed, kind in product(self.depths, self.seeds, KINDS):
            parts = self.recipe.parts | KINDS[kind]
            settled = {"model": f"resnet{depth}", "seed": seed, "parts": parts}
            yield depth, kind, replace(self.recipe, **settled)

    def contents(self) -> dict[str, Any]:
        """Returns what is written."""
        numbers = {"depths": self.depths, "seeds": self.seeds}
        found = {"versions": versions(keras.config.backend())}
        return {"recipe": self.recipe.to_dict(), **numbers, **found}

    def go_on(self) -> None:
        """Holds the folder of a comparison that began as this one.

        Raises:
            InputError: It began otherwise, or another process trains there.
        """
        self.folder.hold()
        saved, now = read_plan(self.file), json.loads(to_json(self.contents()))
        for name in ("depths", "seeds"):
            self._must_be(saved[name], now[name], name, f"{name}={saved[name]}")
        there = saved["recipe"]
        for name, value in now["recipe"].items():
            if name != "data" and name in there:  # data may lie elsewhere
                old = there[name]
                self._must_be(old, value, name, f"Recipe({name}={old!r:.80})")
        if there.get("data") != self.recipe.data:
            self.moved = now["recipe"]["data"]
            moved = saved | {"recipe": there | {"data": self.moved}}
            self.folder.write_text(self.file, to_json(moved))

    def _must_be(self, saved: Any, now: Any, name: str, write: str) -> None:
        if saved != now:
            raise InputError(
                f"Run folder {self.folder.path}: it is of another comparison.",
                given=f"{name}={now!r:.80}, the comparison has {saved!r:.80}",
                needed="A comparison goes on with the recipe, depths and seeds that it "
                "began with.",
                write=f"{write}, or another folder",
            )

    def begin(self) -> None:
        """Makes the folder, once the first run is known to fit."""
        if not self.file.exists():
            self.folder.make()
            self.folder.write_text(self.file, to_json(self.contents()))

    def must_be_same(self, run: str, sha256: str) -> None:
        """Refuses data that has changed since the first run of the comparison.

        Args:
            run: The name of a run's folder.
            sha256: What its data is.

        Raises:
            InputError: It has.
        """
        first, known = self.data = self.data or (run, sha256)
        if known != sha256:
            out = self.folder.path
            raise InputError(
                f"Compare: {run} would learn from other data.",
                given=f"sha256 {sha256[:12]}; {first} learned from {known[:12]}",
                needed="All networks of a comparison learn from the same data.",
                write="the data as it was, and compare(..., resume=True); or another "
                "folder, to train all of them anew",
                option=f"the data as it was, and --resume --out {out}; or --out with "
                "another folder, to train all of them anew",
            )


def _compared(plan: Plan) -> Comparison:
    """Trains what is left to train, and writes what came of all of it."""
    recipes = list(plan.runs())  # a seed that is out of range is refused here
    runs = [_trained(plan, *one) for one in recipes]
    twins, tasks = zip(*runs, strict=True)
    metric = task_of(tasks[0]).score
    recipe = plan.recipe
    rows = [twin.row(metric) for twin in twins]
    folder = plan.folder
    contents = {"recipe": recipe.to_dict(), "twins": rows}
    folder.write_text(folder.path / "compare.json", to_json(contents))
    found = Comparison(folder.path, twins, metric)
    write_comparison(folder, found, recipe)
    return found


def _trained(
    plan: Plan, depth: int, kind: str, recipe: Recipe
) -> tuple[Twin, str | None]:
    plan.console.print(f"\n{recipe.model}, {kind}, seed {recipe.seed}")
    run = _run(plan, f"{recipe.model}-{kind}-{recipe.seed}", recipe)
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


def _run(plan: Plan, name: str, recipe: Recipe) -> Run:
    """Trains a network, goes on with it, or finds it trained."""
    folder = RunFolder(plan.folder.path / name)
    if folder.is_run():
        found = folder.read_recipe()["data"].get("sha256")
        plan.must_be_same(name, str(found))
        return go_on(folder.path, data=plan.moved, console=plan.console)
    folder.sweep()  # it may have been killed as it began

    def ready(dataset: Dataset) -> None:
        plan.must_be_same(name, str(dataset.fingerprint))
        plan.begin()

    return fit_recipe(recipe, folder.path, console=plan.console, ready=ready)
