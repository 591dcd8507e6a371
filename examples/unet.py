"""U-Net（Ronneberger 等，2015）与 U-Net++（Zhou 等，2018），宽度、上采样方式和批归一化可选。

U-Net (Ronneberger et al., 2015) and U-Net++ (Zhou et al., 2018); width, up-sampling and batch normalization are options.

    explain examples/unet.py:UNet --group stage --lang zh
    explain examples/unet.py:UNet --arg feature_scale=1
    explain examples/unet.py:UNet --arg batch_norm=all
    explain examples/unet.py:UNetPlusPlus --arg classes=1
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

EXAMPLE_INPUT = (1, 1, 64, 64)

BatchNorm = Literal["none", "encoder", "all"]


def double_conv(inputs: int, outputs: int, norm: bool) -> nn.Sequential:
    """Two 3×3 convolutions, each with ReLU, and with batch normalization if asked for."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers.append(nn.Conv2d(channels, outputs, 3, padding=1))
        if norm:
            layers.append(nn.BatchNorm2d(outputs))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Up(nn.Module):
    """Enlarge the lower map, join it to the maps of its own level, convolve twice."""

    def __init__(self, lower: int, level: int, joined: int, transposed: bool, norm: bool) -> None:
        super().__init__()
        if transposed:
            self.up: nn.Module = nn.ConvTranspose2d(lower, level, 2, stride=2)
        else:
            self.up = nn.Sequential(nn.UpsamplingBilinear2d(scale_factor=2), nn.Conv2d(lower, level, 1))
        self.conv = double_conv((joined + 1) * level, level, norm)

    def forward(self, low: Tensor, *same_level: Tensor) -> Tensor:
        return self.conv(torch.cat([*same_level, self.up(low)], dim=1))


def widths(feature_scale: int) -> list[int]:
    """The original's 64 … 1024 channels, divided by the scale."""
    return [width // feature_scale for width in (64, 128, 256, 512, 1024)]


class UNet(nn.Module):
    """编码器把特征图的边长减半四次，解码器逐级还原，并与编码器同一级的特征图拼接。

    The encoder halves the map's sides four times; the decoder doubles them back, joining the encoder's map at each level.
    """

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        feature_scale: int = 2,
        transposed: bool = True,
        batch_norm: BatchNorm = "none",
    ) -> None:
        super().__init__()
        w = widths(feature_scale)
        inputs = [in_channels, *w[:-1]]
        encoder, decoder = batch_norm != "none", batch_norm == "all"
        self.down = nn.ModuleList(double_conv(a, b, encoder) for a, b in zip(inputs, w, strict=True))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(Up(w[i + 1], w[i], 1, transposed, decoder) for i in reversed(range(4)))
        self.head = nn.Conv2d(w[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = []
        for i, block in enumerate(self.down):
            x = block(self.pool(x) if i else x)
            maps.append(x)
        for block, skip in zip(self.up, reversed(maps[:-1]), strict=True):
            x = block(x, skip)
        return self.head(x)


class UNetPlusPlus(nn.Module):
    """Every level is a row of nodes; each node joins all earlier ones of its row and the one below."""

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 1,
        feature_scale: int = 2,
        transposed: bool = True,
        batch_norm: BatchNorm = "none",
    ) -> None:
        super().__init__()
        w = widths(feature_scale)
        inputs = [in_channels, *w[:-1]]
        encoder, decoder = batch_norm != "none", batch_norm == "all"
        self.down = nn.ModuleList(double_conv(a, b, encoder) for a, b in zip(inputs, w, strict=True))
        self.pool = nn.MaxPool2d(2)
        self.nodes = nn.ModuleDict(
            {f"{i}_{j}": Up(w[i + 1], w[i], j, transposed, decoder) for j in range(1, 5) for i in range(5 - j)}
        )
        self.head = nn.Conv2d(w[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        rows: list[list[Tensor]] = []
        for i, block in enumerate(self.down):
            x = block(self.pool(x) if i else x)
            rows.append([x])
        for j in range(1, 5):
            for i in range(5 - j):
                rows[i].append(self.nodes[f"{i}_{j}"](rows[i + 1][j - 1], *rows[i][:j]))
        return self.head(rows[0][4])
