"""Prunes a network that was trained with stochastic depth, and one that was not.

    python benchmarks/prune_depth.py            # a quarter of an hour on two cores
    python benchmarks/prune_depth.py --quick    # a smoke test; nothing is kept

ResNet-20 on the 6,000 training pictures of Fashion-MNIST that we package: 16 epochs,
flips and crops, one seed; plainly, and with stochastic depth that `kr.rewire.replace`
puts in, up to a rate of 0.3 at the last unit. `kr.rewire.prune_depth` drops units by
their lesions on 500 test pictures, measured anew before each step, and nothing is
trained after that. "Chosen on" is the accuracy on those pictures, "others" on the other
500; "stops" is where a tolerance of 2 of 100 ends the search. A time is the median for
one picture; the networks of a curve take turns.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.child import child
from harness.machine import machine
from harness.page import grid, page

BACKENDS = ("tensorflow", "jax", "torch")
RECORDS = Path(__file__).parent / "records"
TOLERANCE, RATE = 0.02, 0.3
KINDS = {"plain training": 0.0, "stochastic depth": RATE}
HEAD = ("units", "without", "parameters", "multiply-adds", "ms", "chosen on", "others")


@dataclass(frozen=True)
class Point:
    """One network of a curve: a step of `prune_depth`, and what only we measured."""

    dropped: str
    units: int
    loss: float
    accuracy: float
    parameters: int
    milliseconds: float
    kept: bool
    multiply_adds: int
    others: float


def trained(rate: float, quick: bool):
    """Trains a network, with stochastic depth up to this rate."""
    import keras
    import numpy as np

    import keras_residual as kr
    from keras_residual.train.data.load import fashion_mnist
    from keras_residual.train.pipeline import augment

    source, epochs = fashion_mnist().train, 1 if quick else 16
    numbers = np.arange(256 if quick else len(source.labels))
    pictures, labels = source.batch(numbers), source.labels[numbers]
    keras.utils.set_random_seed(0)
    name = "resnet8" if quick else "resnet20"
    model = kr.models.build(name, classes=10, input_shape=(28, 28, 1))
    if rate:
        model = kr.rewire.replace(model, drop_path=(rate, "linear")).model
    steps = epochs * -(-len(labels) // 128)
    pace = keras.optimizers.schedules.CosineDecay(
        0.0, steps - steps // 8, warmup_target=0.1, warmup_steps=steps // 8
    )
    model.compile(
        keras.optimizers.SGD(pace, momentum=0.9, nesterov=True, weight_decay=5e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    rng = np.random.default_rng(0)
    for epoch in range(epochs):
        changed = prepared(augment(pictures, "flip-crop", rng))
        span = {"initial_epoch": epoch, "epochs": epoch + 1}
        model.fit(changed, labels, batch_size=128, verbose=0, **span)
    return model


def prepared(pictures):
    """Scales raw pictures to a mean of about zero and a deviation of about one."""
    return (pictures.astype("float32") - 73) / 90


def curve(model, quick: bool) -> list[Point]:
    """Prunes a network as far as it goes, and says what each step costs and knows."""
    import math

    import keras_residual as kr
    from keras_residual.graph.cost import multiply_adds
    from keras_residual.train.data.load import fashion_mnist
    from keras_residual.transforms.rewire.scoring import accuracy

    source = fashion_mnist().test
    pictures, labels = prepared(source.values), source.labels
    if quick:
        pictures, labels = pictures[:64], labels[:64]
    chosen, others = (pictures[::2], labels[::2]), (pictures[1::2], labels[1::2])
    found = kr.rewire.prune_depth(model, chosen, tolerance=math.inf)
    points, kept = [], True
    for step in found.steps:
        if step.dropped:
            model = kr.rewire.drop_units(model, step.dropped).model
        more = {
            "multiply_adds": multiply_adds(model),
            "others": accuracy(model, others),
        }
        lost = found.steps[0].accuracy - step.accuracy
        kept = kept and lost <= TOLERANCE + 1e-9
        points.append(Point(**asdict(step) | {"kept": kept} | more))
    return points


def table(points: list[Point]) -> str:
    lines = [HEAD, ("--:", "---", *["--:"] * 5)]
    last = [point for point in points if point.kept][-1]
    for point in points:
        share = f"{point.accuracy:.1%}"
        lines.append(
            (
                str(point.units),
                point.dropped or "–",
                f"{point.parameters:,}",
                f"{point.multiply_adds:,}",
                f"{point.milliseconds:.2f}",
                f"{share}, stops" if point is last else share,
                f"{point.others:.1%}",
            )
        )
    return grid(lines)


def show(found: dict[str, dict[str, list[Point]]]) -> str:
    parts = [
        f"## {kind}, {backend}\n\n{table(points)}"
        for backend, curves in found.items()
        for kind, points in curves.items()
    ]
    return "\n\n".join(parts)


def main() -> int:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smoke test")
    parser.add_argument(
        "--backends", nargs="+", choices=BACKENDS, default=("tensorflow",)
    )
    parser.add_argument("--child", action="store_true", help="used by the script")
    options = parser.parse_args()
    if options.child:
        curves = {
            kind: [
                asdict(one)
                for one in curve(trained(rate, options.quick), options.quick)
            ]
            for kind, rate in KINDS.items()
        }
        print(json.dumps(curves))
        return 0
    about = machine(["keras_residual", "keras", *options.backends])
    found = {
        backend: {
            kind: [Point(**one) for one in points]
            for kind, points in child(__file__, backend, quick=options.quick).items()
        }
        for backend in options.backends
    }
    shown = show(found)
    print(shown)
    if not options.quick:
        record(found, shown, about)
    return 0


def record(found: dict, shown: str, about: dict[str, str]) -> None:
    from keras_residual.transforms.rewire.picture import draw_curves

    curves = {
        kind if len(found) == 1 else f"{kind}, {backend}": points
        for backend, some in found.items()
        for kind, points in some.items()
    }
    draw_curves(curves, RECORDS / "prune_depth.svg")
    note = (__doc__ or "").split("\n\n")[2].strip()
    note += "\n\n![The curves](prune_depth.svg)"
    text = page("Depth that can be pruned", note, shown, about)
    (RECORDS / "prune_depth.md").write_text(text, encoding="utf-8")
    print(f"Written: {RECORDS / 'prune_depth.md'}")


if __name__ == "__main__":
    sys.exit(main())
