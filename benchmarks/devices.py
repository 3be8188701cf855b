"""Whether two devices train what one does, where rounding is all that differs.

    python benchmarks/devices.py            # some minutes on two cores
    python benchmarks/devices.py --quick    # a smoke test; nothing is kept

A tabular ResNet, with ReLUs and batch norms, trains for eight steps on batches of eight
rows, without dropout: on one device of JAX's and on two, both of them the processor.
"apart" is the largest difference of a weight, as a part of the largest weight. Two
devices add the rows of a batch in another order, so a ReLU whose input is within
rounding of zero can open on one and not on the other. The same is seen on one device
alone: the last columns train on the same batches, their rows in another order. The bar,
1e-05, holds wherever no ReLU does so.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from harness.machine import machine
from harness.page import grid, page
from rich.progress import track

BAR, SEEDS, ORDERS = 1e-5, 20, 3
RECORD = Path(__file__).parent / "records" / "devices.md"
HEAD = ("seed", "two devices", *(f"order {k + 1}" for k in range(ORDERS)))
BATCH, STEPS, CLASSES = 8, 8, 3
SHAPE = (BATCH * STEPS, 6)
Weights = list[Any]


def network(seed: int) -> Any:
    """Returns the network of a seed, compiled."""
    import keras

    import keras_residual as kr

    keras.utils.set_random_seed(seed)
    model = kr.models.build("tabular_resnet", input_shape=SHAPE[1:], classes=CLASSES)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss)
    return model


def examples(seed: int) -> tuple[Any, Any]:
    """Returns the rows of a seed and their labels."""
    import numpy as np

    random = np.random.default_rng(seed)
    values = random.normal(size=SHAPE).astype("float32")
    return values, random.integers(0, CLASSES, SHAPE[0])


def on_devices(seed: int, devices: int | None) -> Weights:
    """Returns the weights after an epoch on so many devices."""
    import keras_residual as kr

    model, data = network(seed), examples(seed)
    recipe = kr.train.Recipe(epochs=1, batch_size=BATCH)
    kr.train.fit(model, data, recipe, validation=data, devices=devices)
    return model.get_weights()


def in_order(seed: int, order: int) -> Weights:
    """Returns the weights after Keras's own steps, the rows of a batch in an order."""
    import numpy as np

    model, (values, labels) = network(seed), examples(seed)
    rows = np.random.default_rng(order).permutation(BATCH) if order else range(BATCH)
    for start in range(0, len(values), BATCH):
        chosen = [start + row for row in rows]
        model.train_on_batch(values[chosen], labels[chosen])
    return model.get_weights()


def apart(one: Weights, other: Weights) -> float:
    """Returns how far two trainings are apart."""
    largest = max(abs(weight).max() for weight in one)
    found = (abs(a - b).max() for a, b in zip(one, other, strict=True))
    return float(max(found) / largest)


def measured(seed: int) -> list[float]:
    """Returns how far two devices are apart from one, and orders from the first."""
    devices = apart(on_devices(seed, None), on_devices(seed, 2))
    first = in_order(seed, 0)
    return [devices, *(apart(first, in_order(seed, k + 1)) for k in range(ORDERS))]


def main() -> int:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smoke test")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
    about = machine(["keras_residual", "keras", "jax"])
    found = [measured(k) for k in track(range(1 if options.quick else SEEDS), "seeds")]
    lines = [(str(k), *(f"{one:.0e}" for one in row)) for k, row in enumerate(found)]
    held = [sum(one <= BAR for one in column) for column in zip(*found, strict=True)]
    total = (f"within {BAR:.0e}", *(f"{count} of {len(found)}" for count in held))
    table = grid([HEAD, ("--:",) * len(HEAD), *lines, total])
    print(table)
    if not options.quick:
        note = (__doc__ or "").split("\n\n")[2]
        text = page("Two devices beside one", note, table, about)
        RECORD.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
