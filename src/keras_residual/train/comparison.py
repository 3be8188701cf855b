"""What the skip is worth at each depth: residual networks against plain twins."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from keras_residual.common.extras import extra
from keras_residual.common.terminal import Console, cell
from keras_residual.compose.arguments import checked, demand, held
from keras_residual.reports.frame import blank, figure, html_page, table
from keras_residual.train.mistake import InputError
from keras_residual.train.network import check_model
from keras_residual.train.recipe import Recipe, to_json
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.tasks import TITLES, task_of
from keras_residual.train.training import fit_recipe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
        of = [t.score for t in self.twins if (t.depth, t.kind) == (depth, kind)]
        if of:
            return mean(of)
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
        check_model(f"resnet{depth}")
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
    _write(folder, twins, metric)
    return Comparison(folder.path, twins, metric)


def _once(name: str, given: Sequence[int]) -> list[int]:
    """Returns numbers as a list, if they are some and none stands there twice."""
    numbers = list(given)
    for number in numbers:  # an iterator is looked at here for the first time
        demand("compare", name, "int", number)
    if numbers and len(set(numbers)) == len(numbers):
        return [int(number) for number in numbers]
    raise InputError(
        f"Compare: its {name} are none, or one stands there twice.",
        given=f"{name}={numbers!r:.200}",
        needed="A network is trained once with each depth and each seed.",
        write=f"--{name} {','.join(map(str, dict.fromkeys(numbers))) or '8,20'}",
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


_COLOURS = {"residual": "#1f6f8b", "plain": "#9a8f7d"}
_STYLES = {"residual": "held", "plain": "train"}  # their names in the page's style


def _write(folder: RunFolder, twins: Sequence[Twin], metric: str) -> None:
    """Writes `compare.csv`, `compare.png` and `compare.html`."""
    text = io.StringIO()
    rows = [twin.row(metric) for twin in twins]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    folder.write_text(folder.path / "compare.csv", text.getvalue())
    said = f"{TITLES[metric]} on the examples held out"
    with folder.replacing(folder.path / "compare.png") as partial:
        _picture(twins, said).savefig(partial, dpi=160)
    folder.write_text(folder.path / "compare.html", _page(rows, twins, said))


def _picture(twins: Sequence[Twin], said: str) -> Figure:
    # A figure of its own: pyplot would keep it open, and choose a window system.
    with extra("report", "The picture of a comparison"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for kind, colour in _COLOURS.items():
        depths, means = _means(twins, kind)
        axes.plot(depths, means, "-", color=colour, linewidth=2)
        axes.plot(*_points(twins, kind), "o", color=colour, markersize=5)
        label = {"color": colour, "xytext": (8, 0), "textcoords": "offset points"}
        axes.annotate(kind, (depths[-1], means[-1]), va="center", **label)
    axes.set(xlabel="layers", ylabel=said)
    axes.set_xticks(sorted({twin.depth for twin in twins}))
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.16, y=0.1)
    return figure


def _page(rows: list[dict[str, Any]], twins: Sequence[Twin], said: str) -> str:
    shown = blank()
    for kind, style in _STYLES.items():
        depths, means = _means(twins, kind)
        shown.add_scatter(x=depths, y=means, name=kind, meta=style, mode="lines")
        depths, values = _points(twins, kind)
        points = {"mode": "markers", "showlegend": False, "name": kind, "meta": style}
        shown.add_scatter(x=depths, y=values, **points)
    shown.update_layout(
        title_text=said,
        xaxis={"title_text": "layers", "tickvals": _means(twins, "plain")[0]},
        height=420,
    )
    names = ["kind", *(name for name in rows[0] if name != "kind")]
    head = [name.replace("_", " ") for name in names]
    cells = [[_cell(row[name]) for name in names] for row in rows]
    return html_page(
        "Residual networks and their plain twins",
        "<h1>What the skip is worth at each depth</h1>"
        '<p class="quiet">Each residual network and its plain twin, the same network '
        "without shortcuts, were trained by one recipe from one seed.</p>"
        f"{figure('depths', shown)}<h2>Every run</h2>{table(head, cells)}",
    )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else value


def _points(twins: Sequence[Twin], kind: str) -> tuple[list[int], list[float]]:
    chosen = [twin for twin in twins if twin.kind == kind]
    return [twin.depth for twin in chosen], [twin.score for twin in chosen]


def _means(twins: Sequence[Twin], kind: str) -> tuple[list[int], list[float]]:
    depths = sorted({twin.depth for twin in twins if twin.kind == kind})
    return depths, [
        mean(t.score for t in twins if (t.depth, t.kind) == (depth, kind))
        for depth in depths
    ]
