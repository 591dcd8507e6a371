"""只看VGG16讲义就能算出来的另一个网络；二十问见docs/twenty.zh.md。

Another network, to be worked out by VGG16's handout alone; the twenty questions are in docs/twenty.md.

    explain examples/another_net.py:AnotherNet --show all --lang zh
"""

import torch
from torch import Tensor, nn

EXAMPLE_INPUT = (1, 3, 45, 51)


class AnotherNet(nn.Module):
    """两边不等的卷积核、分组卷积、膨胀的深度卷积，以及除不尽的尺寸。

    Uneven kernels, a grouped and a dilated depthwise convolution, and sizes that do not divide.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 24, (5, 3), stride=2, padding=(2, 1), bias=False)
        self.norm = nn.BatchNorm2d(24)
        self.pool1 = nn.MaxPool2d(3, stride=2)
        self.conv2 = nn.Conv2d(24, 48, 3, padding=1, groups=4)
        self.conv3 = nn.Conv2d(48, 48, 3, padding=2, dilation=2, groups=48)
        self.pool2 = nn.AvgPool2d(2)
        self.fc = nn.Linear(48 * 5 * 6, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(torch.relu(self.norm(self.conv1(x))))
        x = torch.relu(self.conv3(torch.relu(self.conv2(x))))
        return self.fc(self.pool2(x).flatten(1))
