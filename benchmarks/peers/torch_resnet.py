"""The CIFAR ResNet as one writes it in PyTorch without a library."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Two 3x3 convolutions and an option A shortcut."""

    def __init__(self, width, filters, stride):
        super().__init__()
        self.stride = stride
        self.missing = filters - width
        self.conv1 = nn.Conv2d(width, filters, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
            x = functional.pad(x, (0, 0, 0, 0, 0, self.missing))
        return functional.relu(x + y)


class ResNet(nn.Module):
    """The network of He et al. 2015, section 4.2."""

    def __init__(self, depth):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        blocks = []
        width = 16
        for filters in (16, 32, 64):
            for index in range((depth - 2) // 6):
                stride = 2 if filters > 16 and index == 0 else 1
                blocks.append(Block(width, filters, stride))
                width = filters
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = functional.relu(self.norm(self.conv(x)))
        x = self.blocks(x)
        return self.head(torch.mean(x, (2, 3)))
