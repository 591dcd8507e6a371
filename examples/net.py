"""一个紧凑的卷积网络，集中展示多种层：批归一化、深度卷积、分组卷积、膨胀卷积、残差相加、
自适应平均池化和丢弃层；输入为3×32×32。激活写成函数，forward中的函数也各算一步。

A compact CNN that shows many kinds of layer: batch normalization, depthwise, grouped and dilated convolution,
a residual sum, adaptive average pooling and dropout; the input is 3×32×32. The activations are functions:
functions called in forward are steps as well.

    explain examples/net.py:Net --lang zh,en -o net.pdf
    explain examples/net.py:Net --arg num_classes=100 --arg width=64
"""

import torch
from torch import Tensor, nn

EXAMPLE_INPUT = (1, 3, 32, 32)


class ResidualBlock(nn.Module):
    """深度卷积加1×1卷积，再与输入相加。Depthwise and 1×1 convolution; their output is added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, kernel_size=3, padding=1, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, channels, kernel_size=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.pointwise(self.depthwise(x))))


class Net(nn.Module):
    def __init__(self, num_classes: int = 10, width: int = 32) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.block = ResidualBlock(width)
        self.grouped = nn.Conv2d(width, 2 * width, kernel_size=3, stride=2, padding=1, groups=4)
        self.dilated = nn.Conv2d(2 * width, 2 * width, kernel_size=3, padding=2, dilation=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(2 * width, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.block(self.stem(image))
        x = torch.relu(self.grouped(x))
        x = torch.relu(self.dilated(x))
        return self.classifier(self.dropout(torch.flatten(self.pool(x), 1)))
