"""Writes networks as ONNX files; each call is for a process of its own.

So the peak memory of the process that then runs the file is the runtime's alone.
"""

from __future__ import annotations

from harness.job import Job


def ours(job: Job, path: str) -> int:
    """Writes our network, fused; returns how many weights it had before."""
    from keras_residual.files.export import export
    from peers.keras_form import agree, by_block
    from peers.keras_form import ours as build

    model = build(job)
    agree(by_block(model.weights))
    export(model, path, batch_size=job.batch)
    return model.count_params()


def torchvision(job: Job, path: str) -> int:
    """Writes torchvision's network by `torch.onnx`; returns how many weights it has."""
    import torch

    from peers.torch_form import agree, weights
    from peers.torchvision_models import torchvision_resnet50

    module = torchvision_resnet50().eval()
    agree(module)
    given = (torch.zeros(job.batch, 3, job.side, job.side),)
    # The newer exporter needs a package more.
    torch.onnx.export(module, given, path, dynamo=False)
    return sum(weight.numel() for weight in weights(module))
