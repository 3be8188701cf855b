"""`keras-residual train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from keras_residual.cli import options
from keras_residual.cli.model_file import found_from_here
from keras_residual.cli.models import must_be_network
from keras_residual.cli.options import Reading, chosen, reads
from keras_residual.cli.start import start, unless_stopped
from keras_residual.common.terminal import Console
from keras_residual.train.distributed.hosts import Place, place_of
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe
from keras_residual.train.tasks import TITLES, said, task_of

if TYPE_CHECKING:
    from keras_residual.train import Run


@reads(options.Data)
def train(  # noqa: PLR0913 - typer reads an option from a parameter
    context: typer.Context,
    *,
    data: Reading,
    model: options.Model = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    accumulate: options.Accumulate = None,
    learning_rate: options.LearningRate = None,
    weight_decay: options.WeightDecay = None,
    augment: options.Augment = None,
    class_weight: options.ClassWeight = None,
    image_size: options.ImageSize = None,
    monitor: options.Monitor = None,
    checkpoint_every: options.CheckpointEvery = None,
    seed: options.Seed = None,
    accelerate: options.Accelerate = None,
    imports: options.Networks = None,
    devices: options.Devices = None,
    hosts: options.Hosts = None,
    process: options.Process = None,
    backend: options.Backend = None,
    out: options.Out = None,
    resume: options.Resume = False,
) -> None:
    """Trains a residual network and writes a run folder with a report."""
    values = data | chosen(context)
    console = Console(highlight=False, soft_wrap=True)
    place = _place(hosts, process, out)
    trainer = _Trainer(backend, _number(devices), place, imports or [])
    console = trainer.console(console)
    if resume:
        run = _resume(out, values, trainer, console)
    else:
        run = _fit(out, values, trainer, console)
    _show(run, console)


class _Trainer(NamedTuple):
    """What trains: a backend, devices, a place among processes, and code of modules."""

    backend: str | None
    devices: int | str | None
    place: Place | None
    modules: list[str]

    def start(self, console: Console, written: str | None = None) -> None:
        """Imports Keras, and the modules that register networks.

        Args:
            console: Where it is said.
            written: The backend of a run that goes on.
        """
        start(self.backend or written, console, trains=True, place=self.place)
        if self.modules:
            from keras_residual.files.trusted import import_all

            found_from_here(self.modules)
            import_all(self.modules)

    def console(self, console: Console) -> Console:
        """Returns where it is shown: once, where several processes train."""
        first = self.place is None or self.place.number == 0
        return console if first else Console(quiet=True)


def _place(hosts: str | None, process: str | None, out: Path | None) -> Place | None:
    place = place_of(hosts, process)
    if place is not None and out is None:
        raise InputError(
            "Hosts: it is not said where the run goes.",
            given="--hosts without --out",
            needed="All processes are told of one folder, which all can read.",
            write="--out runs/one, the same for all",
        )
    return place


def _number(devices: str | None) -> int | str | None:
    number = devices is not None and devices.isascii() and devices.isdecimal()
    return int(str(devices)) if number else devices


def _fit(
    out: Path | None, values: dict[str, Any], trainer: _Trainer, console: Console
) -> Run:
    recipe = Recipe(**values)
    if not trainer.modules:
        must_be_network(recipe.model)
    trainer.start(console)
    from keras_residual.train import fit

    name = Path(recipe.data).stem + (f"-{recipe.model}" if recipe.model else "")
    folder = out or options.free_folder(name)
    how: Any = {"console": console, "devices": trainer.devices}
    return unless_stopped(lambda: fit(recipe, folder, **how), folder)


def _resume(
    out: Path | None, values: dict[str, Any], trainer: _Trainer, console: Console
) -> Run:
    from keras_residual.train.run_folder import RunFolder

    if out is None:
        raise InputError(
            "Resume: it is not said which run.",
            given="--resume without --out",
            needed="A run is named by its folder.",
            write="--resume --out runs/fashion-mnist-1",
        )
    contents = RunFolder(out).read_recipe()
    moved = values.pop("data", None)
    check_unchanged(contents["recipe"], values)
    trainer.start(console, contents["versions"].get("backend"))
    from keras_residual.train import resume

    console.print(f"Going on with {out}.")
    how: Any = {"data": moved, "console": console, "devices": trainer.devices}
    return unless_stopped(lambda: resume(out, **how), out)


def check_unchanged(
    saved: dict[str, Any], values: dict[str, Any], file: str = "recipe.json"
) -> None:
    """Refuses options that are not those that a run began with.

    Args:
        saved: Those that it began with.
        values: Those that were given now.
        file: Where the run has its own.

    Raises:
        InputError: One differs.
    """
    for name, value in values.items():
        if saved.get(name) != value:
            raise InputError(
                "Resume: a run goes on as it began.",
                given=f"{name}={value!r}, the run has {saved.get(name)!r}",
                needed=f"Options beside --out are read from the run's {file}; "
                "--data says where its data lies now.",
                write="--resume --out FOLDER, without other options",
            )


def _show(run: Run, console: Console) -> None:
    from keras_residual.common.wording import counted

    for line in run.left_out:
        console.print(f"left out  {line}")
    minutes, epochs = run.seconds / 60, counted(len(run.rows), "epoch")
    time = f"{minutes:.1f} min" if minutes >= 1 else f"{run.seconds:.1f} s"
    console.print(
        f"\n{_score(run)}\n"
        f"network   {run.recipe.model}, {run.parameters:,} trained weights\n"
        f"time      {time} in {epochs}\n"
        f"report    {run.folder}/report.html"
    )


def _score(run: Run) -> str:
    task = task_of(run.recipe.task)
    others = [name for name in task.metrics if name != task.score]
    numbers = [f"{run.score:.3f}"]
    numbers += [said(name, run.rows[-1][f"val_{name}"]) for name in others]
    line = f"{TITLES[task.score]:<8}  {', '.join(numbers)} on the examples held out"
    if run.largest_class is None:
        return f"{line}, last epoch"
    return f"{line}, last epoch; the largest class is {run.largest_class:.3f} of them"
