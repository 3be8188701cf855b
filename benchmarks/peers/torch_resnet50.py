"""The ImageNet ResNet-50 as one writes it in PyTorch without a library."""

from __future__ import annotations

from torch import nn


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1, and a projection where the shape changes; writes in place."""

    def __init__(self, width, filters, stride):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(width, filters, 1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
            nn.Conv2d(filters, 4 * filters, 1, bias=False),
            nn.BatchNorm2d(4 * filters),
        )
        self.shortcut = nn.Identity()
        if stride > 1 or width != 4 * filters:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width, 4 * filters, 1, stride, bias=False),
                nn.BatchNorm2d(4 * filters),
            )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.branch(x).add_(self.shortcut(x)))


def resnet50(classes=1000):
    """Builds the network of He et al. 2015, table 1, with the stride in the 3x3."""
    layers = [
        nn.Conv2d(3, 64, 7, 2, padding=3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, padding=1),
    ]
    width = 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        for index in range(depth):
            filters = 64 * 2**stage
            stride = 2 if stage and not index else 1
            layers.append(Bottleneck(width, filters, stride))
            width = 4 * filters
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)]
    return nn.Sequential(*layers, *head)
