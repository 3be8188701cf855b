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
# The sizes of a family whose first one is kept: the same blocks, more or wider.
SIZES = (
    *("convmixer_768_32", "convmixer_1536_20"),
    *(f"convnext_{size}" for size in ("small", "base", "large")),
    *(f"convnext_v2_{size}" for size in ("femto", "pico", "nano", "tiny")),
    *("convnext_v2_base", "convnext_v2_large"),
    *("densenet161", "densenet169", "densenet201"),
    *(f"efficientnet_b{number}" for number in range(1, 8)),
    *(f"mobileone_s{number}" for number in (1, 2, 3)),
    *("repvgg_a1", "repvgg_a2", "repvgg_b0", "repvgg_b1"),
    *("resnext101_32x8d", "se_resnet101", "wide_resnet101_2"),
    *(f"shufflenet_v2_x{size}" for size in ("0_5", "1_5", "2_0")),
)
NOT_KEPT = {
    **dict.fromkeys(SIZES, "as the first size of its family"),
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
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from unallocated import unallocated

    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.glob("*.json"):
        if file.stem not in kept():
            file.unlink()
    for name in kept():
        text = described(unallocated(name))
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}: {len(text)} bytes")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"write: python {sys.argv[0]} --update")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    update()
