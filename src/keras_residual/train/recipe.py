"""All that reproduces a run."""

from __future__ import annotations

import inspect
import json
import math
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from keras_residual.compose.arguments import called, demand, held, known
from keras_residual.train.mistake import InputError
from keras_residual.train.tasks import TASKS

T = TypeVar("T")
Augment = Literal["flip-crop", "crop", "none"]
ClassWeight = Literal["balanced"]
Layout = Literal["table", "sequence", "grey", "channels_last", "channels_first"]
SEPARATORS = {",": ",", ";": ";", "|": "|", "tab": "\t", "space": " "}
WORDS = {
    "augment": get_args(Augment),
    "class_weight": get_args(ClassWeight),
    "task": tuple(TASKS),
    "layout": get_args(Layout),
    "separator": tuple(SEPARATORS),
}
BATCH, RATE = 128, 0.2
# With the batches of pictures a table of some hundred rows has a step or two an epoch,
# and at their rate its targets are overshot.
TABLE_STEPS, TABLE_RATE = 16, 0.05
LARGEST = sys.float_info.max  # a whole number may be larger, and is no float
FITTING = {"batch_size": BATCH, "learning_rate": RATE}
BACKGROUND = re.compile(r"white|black|#[0-9a-fA-F]{6}")
PACKAGES = ("keras-residual", "keras", "numpy", "grain", "pillow", "pandas")
BACKEND_PACKAGES = {
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "jax": ("jax", "jaxlib"),
    "torch": ("torch",),
}


def _plainly(kind: type[T]) -> type[T]:
    """Lets a signature say what a field begins as, and not how that is made."""
    made: Any = kind.__init__
    accepts = inspect.signature(made)
    factories = {f.name: f.default_factory for f in fields(kind)}  # type: ignore[arg-type]
    made.__signature__ = accepts.replace(
        parameters=[
            one.replace(default=factory())
            if callable(factory := factories.get(one.name))
            else one
            for one in accepts.parameters.values()
        ]
    )
    return kind


@known("a Recipe")
@called
@_plainly
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Says how a network is trained; two runs of one recipe are the same run.

    `None` means "what suits the data", and is settled once the data is read.

    Args:
        data: "fashion-mnist", "digits", or the path of a folder of pictures, or of a
            .npz, .npy, .csv, .tsv or .parquet file. It is kept as text.
        task: "classification", "regression" or "multilabel".
        model: A name of `models.names()`. "resnet8", or "tabular_resnet" for a table.
        parts: What is passed to the model's builder, such as `{"shortcut": "none"}`:
            words, numbers and lists of these, as a file can hold them.
        epochs: Passes over the training examples.
        batch_size: Examples a step. 128, or fewer for a small table.
        accumulate: Steps whose gradients are averaged before the weights change; each
            step changes them by default.
        learning_rate: The highest one, after the warm-up and before the cosine. 0.2, or
            0.05 for a table.
        weight_decay: Pull of the kernels towards zero, times the learning rate a step.
            Biases, norms and scales are never decayed.
        augment: "flip-crop", "crop" or "none".
        class_weight: "balanced" lets every class count alike, however rare it is. By
            default every example does.
        validation: Share of the examples held out, where the data has no test part.
        label: Name of the label's column in a table, or names of several labels or
            targets. The last one by default.
        header: Whether the first line of a table names its columns.
        separator: What stands between the cells of a table: "," ";" "tab" or "space".
        layout: Which axis of an array is what: "table", "sequence", "grey",
            "channels_last" or "channels_first".
        background: What transparent pictures are laid on: "white", "black" or
            "#rrggbb". White by default.
        image_size: Height and width in pixels that folder pictures are resized to.
        skip_bad: Leaves unreadable pictures out instead of stopping: up to one in a
            hundred, and one of fewer.
        monitor: Steps between two readings of the residual units; none by default.
        checkpoint_every: Steps between two checkpoints within an epoch. By default
            there is one after each epoch alone.
        seed: Decides the first weights, the order and the augmentation.
        accelerate: Computes with the backend's native kernels where that is sooner.

    Examples:
        >>> Recipe(data="digits", epochs=3).epochs
        3
    """

    data: str | Path = "fashion-mnist"
    task: Literal["classification", "regression", "multilabel"] | None = None
    model: str | None = None
    parts: dict[str, Any] = field(default_factory=dict)
    epochs: int = 12
    batch_size: int | None = None
    accumulate: int | None = None
    learning_rate: float | None = None
    weight_decay: float = 5e-3
    augment: Augment | None = None
    class_weight: ClassWeight | None = None
    validation: float = 0.1
    label: str | Sequence[str] | None = None
    header: bool | None = None
    separator: str | None = None
    layout: Layout | None = None
    background: str | None = None
    image_size: int | None = None
    skip_bad: bool = False
    monitor: int | None = None
    checkpoint_every: int | None = None
    seed: int = 0
    accelerate: bool = True

    def __post_init__(self) -> None:
        held(self)
        self._make_plain()
        self._demand_ranges()
        for name, words in WORDS.items():
            known_word = getattr(self, name) in (None, *words)
            _need(self, name, known_word, f"one of {', '.join(words)}")

    def _demand_ranges(self) -> None:
        for name, least in (("epochs", 1), ("batch_size", 1), ("accumulate", 2)):
            count = getattr(self, name)
            holds = count is None or least <= count < 2**31
            _need(self, name, holds, f"{least} to 2147483647")
        _need(self, "seed", 0 <= self.seed < 2**32, "between 0 and 4294967295")
        rate, decay = self.learning_rate, self.weight_decay
        holds = rate is None or 0 < rate <= LARGEST
        _need(self, "learning_rate", holds, "above 0 and finite")
        _need(self, "weight_decay", 0 <= decay <= LARGEST, "0 or more and finite")
        _need(self, "validation", 0 < self.validation < 1, "between 0 and 1")
        size = self.image_size
        _need(self, "image_size", size is None or 8 <= size <= 2048, "8 to 2048 pixels")
        for name in ("monitor", "checkpoint_every"):
            every = getattr(self, name)
            _need(self, name, every is None or every >= 1, "1 step or more")
        colour = self.background is None or BACKGROUND.fullmatch(self.background)
        _need(self, "background", bool(colour), "white, black or #rrggbb")

    def _make_plain(self) -> None:
        """Keeps what a file can hold: no number of NumPy's, and no path."""
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "parts":
                value = _as_in_a_file(value)
            elif isinstance(value, PathLike):
                value = str(Path(value))
            elif isinstance(value, Integral):
                value = (bool if "bool" in str(each.type) else int)(value)
            elif isinstance(value, Real):
                value = float(value)
            elif isinstance(value, Iterable) and not isinstance(value, str):
                value = list(value)  # an iterator is looked at here for the first time
                demand("Recipe", each.name, each.type, value)
            object.__setattr__(self, each.name, value)

    @property
    def examples_a_step(self) -> int:
        """The batch size, or that of pictures where it was left to the data."""
        return self.batch_size or BATCH

    @property
    def highest_rate(self) -> float:
        """The learning rate, or that of pictures where it was left to the data."""
        return self.learning_rate or RATE

    def to_dict(self) -> dict[str, Any]:
        """Returns the recipe as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """Makes the recipe that `to_dict` described.

        Args:
            values: Field names and values; fields of later versions are refused.

        Raises:
            InputError: A field is not known here, or of another type.
        """
        unknown = sorted(set(values) - {entry.name for entry in fields(cls)})
        if unknown:
            raise InputError(
                "Recipe: a field is unknown to this version.",
                given=", ".join(map(repr, unknown)),
                needed="A run goes on with the version that wrote it, or a later one.",
                write="pip install --upgrade keras-residual",
            )
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError(
                "Recipe: a field is of another type.",
                given=error,
                needed="recipe.json is what `keras-residual train` wrote.",
                write="--out with another folder, to train anew",
            ) from error


def paced(recipe: Recipe, rows: int | None = None) -> Recipe:
    """Fills the batch size and the learning rate, where they were left to the data.

    Args:
        recipe: The recipe as it was written.
        rows: Number of rows to learn from, if the data is a table.

    Examples:
        >>> recipe = paced(Recipe(), rows=400)
        >>> recipe.batch_size, recipe.learning_rate
        (16, 0.05)
    """
    batch, rate = BATCH, RATE
    if rows is not None:
        power = int(math.log2(max(1, rows / TABLE_STEPS)))
        batch, rate = min(BATCH, max(16, 2**power)), TABLE_RATE
    return replace(
        recipe,
        batch_size=recipe.batch_size or batch,
        learning_rate=recipe.learning_rate or rate,
    )


def _as_in_a_file(parts: dict[str, Any]) -> dict[str, Any]:
    try:
        return json.loads(json.dumps(parts, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            "Recipe: its parts cannot be written to a file.",
            given=f"parts={parts!r:.200}; {error}",
            needed="A recipe reproduces a run from recipe.json: words, numbers, lists.",
            write="kr.train.fit(kr.models.build(name, ...), (x, y)), for other parts",
        ) from error


def _need(recipe: Recipe, name: str, holds: bool, rule: str) -> None:
    if not holds:
        raise InputError(
            "Recipe: a value is out of range.",
            given=f"{name}={getattr(recipe, name)!r}",
            needed=f"`{name}` is {rule}.",
            write=f"--{name.replace('_', '-')} {_fitting(name)}",
        )


def _fitting(name: str) -> object:
    if name == "background":
        return "white"
    if name in WORDS:
        return WORDS[name][0]
    return getattr(Recipe, name, None) or FITTING.get(name, 64)


def versions(backend: str) -> dict[str, str]:
    """Returns the versions and the machine that a run's numbers depend on.

    Args:
        backend: The backend of the run.
    """
    found = {"python": platform.python_version(), "backend": backend}
    for package in (*PACKAGES, *BACKEND_PACKAGES[backend]):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"machine": f"{platform.system()} {platform.machine()}"}


def to_json(values: dict[str, Any]) -> str:
    """Returns plain values as the text of a JSON file that people read."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
