"""The names, shapes and types of a model's weights, as users' files hold them.

Run as a script it writes tests/snapshots/weights/ anew. A changed name there is a
weight file of a user's that no longer loads: say so in the change log.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "snapshots" / "weights"
NOT_KEPT = {
    "resnet1001_v2": "the blocks of resnet164_v2, nested, 333 of them",
    "resnet1202": "the blocks of resnet110, nested, 600 of them",
}


def described(model) -> str:
    """Returns one line a layer: its name, then each weight's name and shape."""
    weights = dict(layers(model))
    types = {weight.dtype for layer in model.layers for weight in layer.weights}
    return json.dumps({"dtype": sorted(types), "weights": weights}, indent=0) + "\n"


def layers(model) -> Iterator[tuple[str, str]]:
    for layer in model.layers:
        weights = [w for w in layer.weights if w.name != "seed_generator_state"]
        shapes = [f"{w.name} {'x'.join(map(str, w.shape))}" for w in weights]
        if shapes:
            yield layer.name, ", ".join(shapes)


def kept() -> list[str]:
    import keras_residual as kr

    return [name for name in kr.models.names() if name not in NOT_KEPT]


def update() -> None:
    import keras_residual as kr

    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.glob("*.json"):
        if file.stem not in kept():
            file.unlink()
    for name in kept():
        text = described(kr.models.build(name))
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}: {len(text)} bytes")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"write: python {sys.argv[0]} --update")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    update()
