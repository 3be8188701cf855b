"""The makers of the race that run an ONNX file: ours, fused, or torchvision's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from harness.job import Job

from peers import exports

Ask = Callable[[np.ndarray], np.ndarray]


class RuntimeForm:
    """A file and a runtime that answers.

    Args:
        job: What is timed.
        write: Writes the network to a path; returns its number of weights.
        load: Reads the file; returns the function that answers.
        first: Whether channels come first in what the network takes.
    """

    def __init__(
        self,
        job: Job,
        write: Callable[[Job, str], int],
        load: Callable[[str], Ask],
        first: bool,
    ) -> None:
        pictures, _ = job.samples()
        order = (0, 3, 1, 2) if first else (0, 1, 2, 3)
        self.pictures = np.ascontiguousarray(pictures.transpose(order))
        with TemporaryDirectory() as folder:
            path = str(Path(folder) / "network.onnx")
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
                self.count = apart.submit(write, job, path).result()
            self.ask = load(path)

    def step(self) -> float:
        return float(self.ask(self.pictures)[0, 0])

    def parameters(self) -> int:
        return self.count

    def answer(self) -> np.ndarray:
        return self.ask(self.pictures)[:2]


def onnxruntime(path: str) -> Ask:
    """Opens a file by ONNX Runtime, as it comes."""
    import onnxruntime as runtime

    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pictures: session.run(None, {name: pictures})[0]  # pyright: ignore


def openvino(path: str) -> Ask:
    """Opens a file by OpenVINO, to compute in float32."""
    from openvino import Core

    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = Core().compile_model(path, "CPU", hint)
    return lambda pictures: compiled(pictures)[0]


def maker(form: str) -> Callable[[Job, int], RuntimeForm]:
    """Imports a runtime; returns the function that builds the form from a job.

    Args:
        form: A network and a runtime: `"torchvision, OpenVINO"`.
    """
    network, _, runtime = form.rpartition(", ")
    load = {"ONNX Runtime": onnxruntime, "OpenVINO": openvino}[runtime]
    # On import OpenVINO would report it, from a fork of this process.
    sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore
    import_module(load.__name__)  # not to be timed
    theirs = network == "torchvision"
    write = exports.torchvision if theirs else exports.ours
    return lambda job, _: RuntimeForm(job, write, load, theirs)
