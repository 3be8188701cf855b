"""Times networks in inference before and after `fuse`, and PyTorch's own beside them.

    python benchmarks/fuse.py            # some minutes on two cores
    python benchmarks/fuse.py --quick    # a smoke test; nothing is kept

ResNet-50 and RepVGG-A0 on one picture of 224×224. A backend has a process of its own,
in which the forms take turns; a time is the median of the rounds. The same weights are
in every Keras form. PyTorch's form is an eager module of its own, as it comes and with
`torch.fx` having fused its norms. What was exported, fused first, runs in OpenVINO,
when the others have had their turns.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from harness.child import child
from harness.machine import machine
from harness.page import grid, page
from peers.race_runtimes import openvino
from peers.repvgg import repvgg_a0

BACKENDS = ("tensorflow", "jax", "torch")
RECORD = Path(__file__).parent / "records" / "fuse.md"
HEAD = ("network", "backend", "form", "ms", "to plain Keras")
Times = dict[str, dict[str, float]]  # milliseconds of each form of each network


def keras_forms(model) -> dict:
    """Returns what answers for a picture, in each form that Keras has."""
    import keras

    import keras_residual as kr

    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    forms = {
        "Keras": model,
        "Keras, fused": kr.fuse(model).model,
        "Keras, accelerated": again,
        "Keras, both": kr.fuse(model).model,
    }
    for name in ("Keras, accelerated", "Keras, both"):
        kr.accelerate(forms[name], use="inference")
    return {name: one.predict_on_batch for name, one in forms.items()}


def exported(model) -> dict:
    """Returns what answers for a picture in OpenVINO, where all is there for it."""
    import keras

    import keras_residual as kr
    from keras_residual.files.export.formats import FORMATS

    (asked,) = (one for one in FORMATS if one.name == "openvino")
    if not all(map(find_spec, asked.packages[keras.config.backend()])):
        return {}
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "network.onnx")
        kr.export(model, path)
        return {"exported": openvino(path)}


def torch_forms() -> dict:
    """Returns PyTorch's ResNet-50, eager and fused by `torch.fx`."""
    import torch
    from peers.torch_resnet50 import resnet50
    from torch.fx.experimental.optimization import fuse

    def answers(module):
        def answer(picture):
            with torch.inference_mode():
                return module(torch.from_numpy(picture).permute(0, 3, 1, 2)).numpy()

        return answer

    plain = resnet50().eval()
    return {"PyTorch": answers(plain), "PyTorch, torch.fx fused": answers(fuse(plain))}


def timed(forms: dict, picture, rounds: int) -> dict[str, float]:
    """Returns the median milliseconds of each form; they take turns."""
    import numpy as np

    found: dict[str, list[float]] = {name: [] for name in forms}
    for turn in range(rounds + 3):
        for name, answer in forms.items():
            start = perf_counter()
            np.asarray(answer(picture))
            if turn >= 3:  # traced, compiled and warm
                found[name].append(1e3 * (perf_counter() - start))
    return {name: float(np.median(times)) for name, times in found.items()}


def measure(quick: bool) -> Times:
    """Times both networks on the backend of this process."""
    import keras
    import numpy as np

    import keras_residual as kr

    name, side, rounds = ("resnet20", 32, 1) if quick else ("resnet50", 224, 40)
    noise = np.random.default_rng(0).standard_normal
    picture = noise((1, side, side, 3), dtype="float32")
    models = [kr.models.build(name, input_shape=picture.shape[1:])]
    if not quick:
        models.append(repvgg_a0(side))
    found = {}
    for model in models:
        forms = keras_forms(model)
        if keras.config.backend() == "torch" and model is models[0]:
            forms |= torch_forms()
        found[model.name] = timed(forms, picture, rounds)
        found[model.name] |= timed(exported(model), picture, rounds)
    return found


def table(found: dict[str, Times]) -> str:
    lines = [HEAD, ("---", "---", "---", "--:", "--:")]
    for backend, networks in found.items():
        for network, times in networks.items():
            for form, ms in times.items():
                ratio = f"{ms / times['Keras']:.2f}"
                lines.append((network, backend, form, f"{ms:.1f}", ratio))
    return grid(lines)


def main() -> int:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smoke test")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--child", action="store_true", help="used by the script")
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.quick)))
        return 0
    about = machine(["keras_residual", "keras", *options.backends])
    found = {
        name: child(__file__, name, quick=options.quick) for name in options.backends
    }
    shown = table(found)
    print(shown)
    if not options.quick:
        note = (__doc__ or "").split("\n\n")[2]
        RECORD.write_text(page("Fused networks", note, shown, about), encoding="utf-8")
        print(f"Written: {RECORD}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
