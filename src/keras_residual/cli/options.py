"""The options of the commands, and how data is read; the recipe knows the rest."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_residual.train.data.load import locate
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import Recipe

READING = "How data is read"
SPREAD = "More than one device"

File = Annotated[
    Path, typer.Argument(help="The model file (.keras or .h5).", show_default=False)
]
Data = Annotated[
    str | None,
    typer.Option(
        help="fashion-mnist, digits, FOLDER (one sub-folder a class; PNG, JPEG, WebP, "
        "BMP), or FILE.npz, .npy, .csv, .tsv, .parquet. Default: fashion-mnist."
    ),
]
Judge = Annotated[
    str | None,
    typer.Option(
        help="Compare the accuracy, too: on the test part of fashion-mnist, digits, "
        "FOLDER, FILE.npz or FILE.csv.",
    ),
]
Measured = Annotated[
    str | None,
    typer.Option(help="As `train` takes it, for the measures. Default: none of them."),
]
Looked = Annotated[
    str | None,
    typer.Option(
        help="As `train` takes it, for the rules that look at numbers. Default: "
        "without these rules."
    ),
]
Examples = Annotated[int, typer.Option(min=1, help="How many of the test examples.")]
Inputs = Annotated[
    Path | None,
    typer.Option(
        help="Prove it on the arrays in FILE.npz, named as the model's inputs or in "
        "their order. Default: inputs are made up."
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        min=0, help="Largest difference, in proportion to the output. Default: 1e-5."
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="A name that `keras-residual models` lists. Default: resnet8; "
        "tabular_resnet for a table."
    ),
]
Epochs = Annotated[
    int | None, typer.Option(help="Passes over the training examples. Default: 12.")
]
BatchSize = Annotated[
    int | None,
    typer.Option(help="Examples a step. Default: 128, fewer for a small table."),
]
Accumulate = Annotated[
    int | None,
    typer.Option(
        help="Steps whose gradients are averaged before the weights change. Default: "
        "every step changes them."
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        help="The highest one, after the warm-up. Default: 0.2, 0.05 for a table."
    ),
]
WeightDecay = Annotated[
    float | None, typer.Option(help="Pull of the kernels to zero. Default: 0.005.")
]
Augment = Annotated[
    str | None,
    typer.Option(help="flip-crop, crop or none. Default: what suits the data."),
]
ClassWeight = Annotated[
    str | None,
    typer.Option(
        help="balanced: every class counts alike, however rare. Default: every example."
    ),
]
Validation = Annotated[
    float | None,
    typer.Option(
        help="Share held out, if the data has no test part. Default: 0.1.",
        rich_help_panel=READING,
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        help="classification, regression or multilabel. Default: what the labels are.",
        rich_help_panel=READING,
    ),
]
Label = Annotated[
    list[str] | None,
    typer.Option(
        help="The label's column in a table; again, or with commas, for several. "
        "Default: the last.",
        rich_help_panel=READING,
    ),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line of a table names the columns. Default: as it "
        "looks.",
        rich_help_panel=READING,
    ),
]
Separator = Annotated[
    str | None,
    typer.Option(
        help='What stands between cells: "," ";" "|" tab or space.',
        rich_help_panel=READING,
    ),
]
Layout = Annotated[
    str | None,
    typer.Option(
        help="What the axes of an array are: table, sequence, grey, channels_last or "
        "channels_first. Default: as it looks.",
        rich_help_panel=READING,
    ),
]
Background = Annotated[
    str | None,
    typer.Option(
        help="What transparent pictures are laid on: white, black or #rrggbb. "
        "Default: white.",
        rich_help_panel=READING,
    ),
]
ImageSize = Annotated[
    int | None,
    typer.Option(
        help="Pixels that folder pictures are resized to. Default: their median side, "
        "at most 64."
    ),
]
SkipBad = Annotated[
    bool | None,
    typer.Option(
        "--skip-bad",
        help="Leave unreadable pictures out, up to one in a hundred, and list them.",
        rich_help_panel=READING,
    ),
]
Monitor = Annotated[
    int | None,
    typer.Option(
        help="Steps between two readings of the residual units, for the report. "
        "Default: none."
    ),
]
CheckpointEvery = Annotated[
    int | None,
    typer.Option(
        help="Steps between two checkpoints within an epoch. Default: one after each "
        "epoch alone."
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(help="Decides first weights, order, augmentation. Default: 0."),
]
Accelerate = Annotated[
    bool | None,
    typer.Option(
        "--accelerate/--no-accelerate",
        help="Compute with native kernels where that is sooner. Default: yes.",
    ),
]
Imports = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        help="A module with the file's own classes, keras_hub for example; repeat. "
        "Its code is run.",
        metavar="MODULE",
    ),
]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        help="A module that registers networks of your own; repeat. Its code is run.",
        metavar="MODULE",
    ),
]
Devices = Annotated[
    str | None,
    typer.Option(
        help="all, or a number of them on each host, share every batch; JAX alone. "
        "Default: one, or all with --hosts.",
        rich_help_panel=SPREAD,
    ),
]
Hosts = Annotated[
    str | None,
    typer.Option(
        help="ADDRESS:PORT of the first of several processes; the command is run in "
        "each. Default: one process.",
        rich_help_panel=SPREAD,
    ),
]
Process = Annotated[
    str | None,
    typer.Option(
        help="I/N with --hosts: this is process I, from 0, of N.",
        rich_help_panel=SPREAD,
    ),
]
Backend = Annotated[
    str | None,
    typer.Option(help="tensorflow, jax or torch. Default: as Keras is set up."),
]
Out = Annotated[
    Path | None,
    typer.Option(help="The folder to write. Default: runs/ and the first free name."),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on from the last checkpoint in --out, to the same result; with --data "
        "where its data has been moved.",
    ),
]
GoOn = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with the comparison in --out: what is trained stays; with --data "
        "where its data has been moved.",
    ),
]


def free_folder(name: str) -> Path:
    """Returns the first run folder of this name that is not taken.

    Args:
        name: What the run is about.
    """
    number = 1
    while (folder := Path("runs") / f"{name}-{number}").exists():
        number += 1
    return folder


# Each is a field of the recipe; a refusal of data names one of them.
SWITCHES = {
    "task": Task,
    "label": Label,
    "header": Header,
    "separator": Separator,
    "layout": Layout,
    "background": Background,
    "skip_bad": SkipBad,
    "validation": Validation,
}
Reading = dict[str, Any]
Command = Callable[..., None]


def reads(data: Any) -> Callable[[Command], Command]:
    """Gives a command `--data`, and all switches that say how data is read.

    The command takes them as one argument, `data`: values of the recipe.

    Args:
        data: The option `--data` of the command.
    """

    def with_switches(command: Command) -> Command:
        @wraps(command)
        def called(**given: Any) -> None:
            values = {name: given.pop(name) for name in ("data", *SWITCHES)}
            command(data=_reading(values), **given)

        own = inspect.signature(command, eval_str=True)
        parameters = own.parameters | {
            name: inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option
            )
            for name, option in {"data": data, **SWITCHES}.items()
        }
        called.__signature__ = own.replace(  # pyright: ignore
            parameters=list(parameters.values())
        )
        return called

    return with_switches


def _reading(values: Reading) -> Reading:
    given = {
        name: value for name, value in values.items() if value not in (None, [], ())
    }
    if given and "data" not in given:
        switch = f"--{next(iter(given)).replace('_', '-')}"
        raise InputError(
            "Data: none is given.",
            given=f"{switch} without --data",
            needed=f"{switch} says how data is read.",
            write=f"--data FILE {switch} ..., or neither of them",
        )
    if given:  # refused before Keras is imported
        Recipe(**given)
        locate(given["data"])
    return given


def chosen(context: typer.Context) -> dict[str, Any]:
    """Returns the recipe's values among the options that were given, beside `data`.

    Args:
        context: The command's context.
    """
    others = {"backend", "out", "resume", "depths", "seeds", "data", *SWITCHES}
    others |= {"devices", "hosts", "process", "imports"}
    return {
        name: value
        for name, value in context.params.items()
        if name not in others and value is not None
    }
