"""以Tanh为激活函数的小网络，有两个类别；输入为3×32×32，共18,090个参数。

forward中直接调用了torch.tanh和view，池化层用了两次：函数和重复的调用，各算一步。

A small two-class network with tanh activations; the input is 3×32×32, and there are 18,090 parameters.
Its forward calls torch.tanh and view directly and uses one pooling layer twice: functions and repeated
calls are steps of their own.

    explain examples/tanh_net.py:TanhNet --lang zh -o tanh_net.pdf
"""

import torch
from torch import Tensor, nn

EXAMPLE_INPUT = (1, 3, 32, 32)


class TanhNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, image: Tensor) -> Tensor:
        maps = self.pool(torch.tanh(self.conv1(image)))
        maps = self.pool(torch.tanh(self.conv2(maps)))
        vector = maps.view(-1, self.fc1.in_features)
        return self.fc2(torch.tanh(self.fc1(vector)))
