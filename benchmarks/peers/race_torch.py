"""The makers of the race that are PyTorch: by hand, torchvision's and timm's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.job import Job

LAST = "channels_last"
WAYS = {
    "contiguous": "contiguous_format",
    LAST: LAST,
    "torch.compile": LAST,
    "torch.compile, frozen": LAST,
    "torch.fx fused": "contiguous_format",
    f"torch.fx fused, {LAST}": LAST,
}


def maker(form: str) -> Callable[[Job, int], Any]:
    """Imports what a form needs; returns the function that builds it from a job.

    Args:
        form: A network and one of `WAYS`: `"torchvision, channels_last"`.
    """
    import torch._dynamo  # noqa: F401 -- else the first optimizer imports it

    from peers.torch_form import TorchForm

    network, _, way = form.partition(", ")
    build, prepare = networks(network), preparations(way)
    return lambda job, _: TorchForm(job, build(job.depth), WAYS[way], prepare)


def networks(name: str) -> Callable[[int], Any]:
    """Imports what builds a network; returns the function of its depth."""
    from peers import torch_form, torchvision_models

    if name == "PyTorch by hand":
        return torch_form.by_hand
    torchvision_models.name_operators()
    if name == "torchvision":
        import torchvision.models  # noqa: F401 -- not to be timed

        return lambda _: torchvision_models.torchvision_resnet50()
    import timm  # noqa: F401 -- not to be timed

    return lambda _: torchvision_models.timm_resnet50()


def preparations(way: str) -> Callable[[Any], Any]:
    """Imports what a way needs; returns the function of the module."""
    import torch

    if way.startswith("torch.fx"):
        from torch.fx.experimental.optimization import fuse

        return fuse
    if way == "torch.compile, frozen":
        return lambda module: torch.compile(module, options={"freezing": True})
    return torch.compile if way == "torch.compile" else lambda module: module
