"""What the skip is worth at each depth: residual networks against plain twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

from keras_residual.common.terminal import Console
from keras_residual.compose import models
from keras_residual.compose.arguments import checked, demand, held
from keras_residual.train.mistake import InputError, no_depth
from keras_residual.train.recipe import Recipe, to_json
from keras_residual.train.report.compared import write_comparison
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import task_of
from keras_residual.train.training import fit_recipe

KINDS: dict[str, dict[str, Any]] = {"residual": {}, "plain": {"shortcut": "none"}}


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A network of a comparison, after its last epoch.

    Args:
        depth: Number of layers.
        kind: "residual" or "plain".
        seed: The run's seed.
        score: The task's metric on the examples held out: accuracy, R² or macro F1.
        training_loss: Mean loss over the last epoch's steps.
        parameters: Number of trained weights.
        seconds: Time in epochs.
        mae: Mean absolute error of a regression on the examples held out, in the
            target's own units; None where the task is another.
    """

    depth: int
    kind: str
    seed: int
    score: float
    training_loss: float
    parameters: int
    seconds: float
    mae: float | None = None

    def row(self, metric: str) -> dict[str, Any]:
        """Returns the values by name, the score under that of its metric.

        Args:
            metric: "accuracy", "r2" or "f1".
        """
        return {
            metric if name == "score" else name: value
            for name, value in asdict(self).items()
            if value is not None
        }


@dataclass(frozen=True)
class Worth:
    """What residual networks of a depth score above their twins, seed by seed.

    Args:
        differences: One a seed.
    """

    differences: tuple[float, ...]

    def said(self, digits: str) -> str:
        """Returns their mean; of several, with the lowest and the highest.

        Args:
            digits: How a number is written, such as ".3f".

        Examples:
            >>> Worth((0.25, -0.125)).said(".3f")
            '+0.062 [-0.125, +0.250]'
        """
        lowest, highest = min(self.differences), max(self.differences)
        said = f"{mean(self.differences):+{digits}}"
        if len(self.differences) == 1:
            return said
        return f"{said} [{lowest:+{digits}}, {highest:+{digits}}]"


@dataclass(frozen=True)
class Comparison:
    """Residual networks and their plain twins, trained by one recipe.

    Args:
        folder: Where the tables, the picture and the runs are.
        twins: A row a run.
        metric: What their score is: "accuracy", "r2" or "f1".
    """

    folder: Path
    twins: tuple[Twin, ...]
    metric: str = "accuracy"

    def __post_init__(self) -> None:
        held(self)

    @checked
    def score(self, depth: int, kind: str) -> float:
        """Returns the mean score over the seeds.

        Args:
            depth: Number of layers.
            kind: "residual" or "plain".

        Raises:
            InputError: There is no such network in it.
        """
        return self.mean(depth, kind)

    @property
    def depths(self) -> list[int]:
        """The depths that were compared."""
        return sorted({twin.depth for twin in self.twins})

    @property
    def seeds(self) -> list[int]:
        """The seeds that each was trained from."""
        return sorted({twin.seed for twin in self.twins})

    @property
    def caution(self) -> str:
        """What one seed cannot say; nothing where there are several."""
        if len(self.seeds) > 1:
            return ""
        return (
            "One seed: a difference may be chance, and is not yet what the skip is "
            "worth. Several seeds show how far it spreads: --seeds 0,1,2"
        )

    def mean(self, depth: int, kind: str, value: str = "score") -> float:
        """Returns the mean over the seeds of a twin's score, or of another value."""
        return mean(self.values(depth, kind, value).values())

    def worth(self, depth: int, value: str = "score") -> Worth:
        """Returns what residual networks have above their twins of the same seed."""
        plain = self.values(depth, "plain", value)
        found = self.values(depth, "residual", value).items()
        return Worth(tuple(one - plain[seed] for seed, one in found))

    def values(self, depth: int, kind: str, value: str = "score") -> dict[int, float]:
        """Returns a value of the twins of a depth and a kind, by seed."""
        of = [twin for twin in self.twins if (twin.depth, twin.kind) == (depth, kind)]
        if of:
            return {twin.seed: getattr(twin, value) for twin in of}
        there = dict.fromkeys(f"{twin.depth}, {twin.kind!r}" for twin in self.twins)
        raise InputError(
            "Comparison: there is no such network in it.",
            given=f"depth={depth!r}, kind={kind!r}",
            needed="A score is of a network that was trained.",
            write=" or ".join(f"score({one})" for one in there) or "compare(...) first",
        )


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
