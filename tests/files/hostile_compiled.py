"""How models were compiled, by strangers: each beside what our answer must name."""

import copy
from collections.abc import Callable
from typing import Any

from .hostile_configs import CANARY, OBJECTS

COMPILED: dict[str, Any] = {
    "optimizer": {
        "module": "keras.optimizers",
        "class_name": "Adam",
        "config": {"name": "adam", "learning_rate": 0.001},
        "registered_name": None,
    },
    "loss": "mse",
    "loss_weights": None,
    "metrics": ["mae"],
    "weighted_metrics": None,
    "run_eagerly": False,
    "steps_per_execution": 1,
    "jit_compile": False,
}
Change = Callable[[Any], object]


def _set(name: str, value: Any) -> Change:
    return lambda compiled: compiled.update({name: value})


def _optimizer(**settings: Any) -> Change:
    return lambda compiled: compiled["optimizer"]["config"].update(settings)


def _named(**names: Any) -> Change:
    return lambda compiled: compiled["optimizer"].update(names)


def _metric(name: str, **settings: Any) -> Change:
    item = {"module": "keras.metrics", "class_name": name, "config": settings}
    return _set("metrics", {"merge": [{**item, "registered_name": None}]})


def _schedule(
    name: str, module: str = "keras.optimizers.schedules", **s: Any
) -> Change:
    item = {"module": module, "class_name": name, "config": s, "registered_name": None}
    return _optimizer(learning_rate=item)


def _inner(item: Any) -> Change:
    return lambda compiled: compiled["optimizer"].update(
        class_name="LossScaleOptimizer", config={"inner_optimizer": item}
    )


def _deep(compiled: Any) -> None:
    for _ in range(300):
        compiled["loss"] = [compiled["loss"]]


PLACES = {
    "optimizer": lambda item: _set("optimizer", item),
    "inner optimizer": _inner,
    "schedule": lambda item: _optimizer(learning_rate=item),
    "setting": lambda item: _optimizer(weight_decay=item),
    "loss": lambda item: _set("loss", item),
    "loss of an output": lambda item: _set("loss", {"merge": item}),
    "metric": lambda item: _set("metrics", [["mae", item]]),
    "weighted metric": lambda item: _set("weighted_metrics", {"merge": [item]}),
    "loss weights": lambda item: _set("loss_weights", [item]),
}
FOREIGN, SETTING = "what we do not make from a file", "a setting that we do not take"
# What it is, how it is changed, and what the answer must name.
CASES: dict[str, tuple[Change, str]] = {
    **{
        f"{name}, {place}": (
            put(copy.deepcopy(item)),
            "it was compiled with|how it was",
        )
        for name, item in OBJECTS.items()
        for place, put in PLACES.items()
    },
    "a module elsewhere": (_named(module=f"keras.{CANARY}"), FOREIGN),
    "a backend elsewhere": (
        _named(module=f"keras.src.backend.{CANARY}.run.optimizers.x"),
        FOREIGN,
    ),
    "a registered optimizer": (_named(registered_name="Strange>Adam"), FOREIGN),
    "several optimizers": (_named(class_name="MultiOptimizer"), FOREIGN),
    "a base class": (_named(class_name="Optimizer"), FOREIGN),
    "an optimizer by name": (_set("optimizer", "adam"), FOREIGN),
    "a list of optimizers": (_set("optimizer", []), FOREIGN),
    "settings that are a list": (_named(config=[1]), SETTING),
    "a metric of functions": (_metric("MeanMetricWrapper", fn="mae"), FOREIGN),
    "a metric by an odd name": (_set("metrics", ["get_file"]), FOREIGN),
    "a loss by an odd name": (_set("loss", "../mse"), FOREIGN),
    "a schedule elsewhere": (_schedule("CosineDecay", CANARY), FOREIGN),
    "more keys": (_set("on_load", "touch"), SETTING),
    "a list": (lambda compiled: compiled.update({"x": compiled.clear()}), SETTING),
    "an infinite rate": (_optimizer(learning_rate=float("inf")), SETTING),
    "no number": (_optimizer(clipnorm=float("nan")), SETTING),
    "a number of many digits": (_optimizer(weight_decay=10**400), SETTING),
    "a huge whole number": (_optimizer(gradient_accumulation_steps=10**30), SETTING),
    "a pattern": (
        lambda c: c["optimizer"].update(
            class_name="Muon", config={"exclude_layers": ["(a+)+$"]}
        ),
        SETTING,
    ),
    "many inner steps": (_optimizer(ns_steps=10**6), SETTING),
    "a long name": (_optimizer(name="a" * 10**5), SETTING),
    "a path for a name": (_optimizer(name="a\0b"), SETTING),
    "many boundaries": (
        _schedule("PiecewiseConstantDecay", boundaries=[1] * 20_000, values=[0.1]),
        "",
    ),
    "a million thresholds": (_metric("AUC", num_thresholds=10**6), SETTING),
    "a wide confusion": (_metric("MeanIoU", num_classes=10**5), SETTING),
    "labels times thresholds": (
        _metric("AUC", num_labels=9000, multi_label=True, thresholds=[0.5] * 9000),
        SETTING,
    ),
    "many steps at once": (_set("steps_per_execution", 10**9), SETTING),
    "many metrics": (_set("metrics", [["mae"] * 20_000]), SETTING),
    "losses in losses": (_deep, "levels deep"),
    "an argument of its own": (_optimizer(touch=1), "Keras cannot compile"),
    "a rate that is a word": (_optimizer(learning_rate="touch"), "cannot compile"),
    "a loss with a wrong argument": (
        _set(
            "loss",
            {
                "module": "keras.losses",
                "class_name": "Huber",
                "config": {"touch": 1},
                "registered_name": None,
            },
        ),
        "cannot compile",
    ),
}
