"""torchvision and timm beside a PyTorch that torchvision's operators are not made for.

The lock holds PyTorch's CPU wheel, and torchvision from PyPI, whose compiled operators
are for the CUDA wheel. They do not load, and torchvision asks for two of them by name
as it is imported; so does timm, which imports it. The networks are Python and need
none of them: that the names exist is enough.
"""

from __future__ import annotations

from typing import Any

import torch

SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def name_operators() -> None:
    """Lets torchvision be imported, whether its operators load or not."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", SIGNATURE)


def torchvision_resnet50() -> Any:
    """Builds torchvision's ResNet-50 with its own initial weights."""
    name_operators()
    from torchvision.models import resnet50

    return resnet50(weights=None)


def timm_resnet50() -> Any:
    """Builds timm's ResNet-50 with its own initial weights."""
    name_operators()
    from timm import create_model

    return create_model("resnet50", pretrained=False)
