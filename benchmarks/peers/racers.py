"""Who races: every form of a job, by whom, on what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from harness.job import Job

RESNET, APPLICATIONS, LIMIT = "resnet", "keras.applications", "limit"
TORCH_WAYS = ("contiguous", "channels_last", "torch.compile")
TORCH_ANSWERS = (
    "torch.compile, frozen",
    "torch.fx fused",
    "torch.fx fused, channels_last",
)
QUICK = {"ours", "ours, fused", "Flax"}
QUICK |= {"PyTorch by hand, contiguous", "torchvision, contiguous"}
RUNTIMES = {"ONNX Runtime": "onnxruntime", "OpenVINO": "openvino"}


@dataclass(frozen=True)
class Racer:
    """One form.

    Attributes:
        form: Who wrote it, and what was done to it, as its maker knows it.
        backend: What computes, or what wrote the file that is run.
        makers: The module of its maker.
        needs: Modules that have to be installed.
        network: Which network it is: ours has many authors, Keras's differs a little.
    """

    form: str
    backend: str
    makers: str
    needs: tuple[str, ...] = ()
    network: str = RESNET

    @property
    def label(self) -> str:
        """Form and backend."""
        return f"{self.form} ({self.backend})"

    @property
    def ours(self) -> bool:
        """Whether it is by us."""
        return self.form.startswith("ours")

    @property
    def missing(self) -> list[str]:
        """What it needs and is not installed."""
        return [name for name in (self.backend, *self.needs) if not find_spec(name)]


def limit() -> Racer:
    """Returns what measures the machine."""
    return Racer("the limit: 3×3 convolution", "torch", "peers.limit", network=LIMIT)


def racers(job: Job, backends: Sequence[str], *, quick: bool = False) -> list[Racer]:
    """Lists the forms of a job, ours first.

    Args:
        job: What is timed.
        backends: What may compute.
        quick: Only a few that are soon ready.
    """
    found = [*_keras(job), *_torch(job), _flax(), *_exported(job)]
    return [
        racer
        for racer in found
        if racer.backend in backends and (not quick or racer.form in QUICK)
    ]


def _keras(job: Job) -> Iterator[Racer]:
    forms = ["ours", "ours, accelerated"]
    if not job.trains:
        forms += ["ours, fused", "ours, fused and accelerated"]
    for backend in ("tensorflow", "jax", "torch"):
        for form in forms:
            yield Racer(form, backend, "peers.race_keras")
        if job.depth == 50:
            yield Racer(APPLICATIONS, backend, "peers.race_keras", network=APPLICATIONS)


def _torch(job: Job) -> Iterator[Racer]:
    ways = TORCH_WAYS if job.trains else (*TORCH_WAYS, *TORCH_ANSWERS)
    author = "torchvision" if job.depth == 50 else "PyTorch by hand"
    needs = ("torchvision",) if job.depth == 50 else ()
    for way in ways:
        yield Racer(f"{author}, {way}", "torch", "peers.race_torch", needs)
    if job.depth == 50:
        both = ("timm", "torchvision")
        yield Racer("timm, channels_last", "torch", "peers.race_torch", both)


def _flax() -> Racer:
    return Racer("Flax", "jax", "peers.race_flax", ("flax", "optax"))


def _exported(job: Job) -> Iterator[Racer]:
    if job.trains or job.depth != 50 or job.device == "gpu":
        return
    writers = {"tensorflow": ("tf2onnx",), "jax": ("jax2onnx",), "torch": ()}
    for runtime, module in RUNTIMES.items():
        for backend, needs in writers.items():
            form = f"ours, fused, {runtime}"
            needed = (*dict.fromkeys(("onnx", "onnxruntime", module)), *needs)
            yield Racer(form, backend, "peers.race_runtimes", needed)
        needed = ("onnx", module, "torchvision")
        form = f"torchvision, {runtime}"
        yield Racer(form, "torch", "peers.race_runtimes", needed)
