"""灰度图像版VGG11：8个卷积层，3个全连接层，不含丢弃层；输入为1×224×224，共132,862,184个参数。

省去了激活层：激活层没有参数，也不改变形状，省去后各层的数字不变，但这样的网络不宜用来训练。

VGG11 for grey images: eight convolutional and three fully connected layers, no dropout; the input is
1×224×224, and there are 132,862,184 parameters. The activations are left out: they have no parameters and
change no shape, so every figure stays the same, but a network to be trained needs them.

    explain examples/vgg11_gray.py:VGG11 --lang zh -o vgg11_gray.pdf
"""

import torch
from torch import Tensor, nn

EXAMPLE_INPUT = (1, 1, 224, 224)

STAGES = ((64,), (128,), (256, 256), (512, 512), (512, 512))


class VGG11(nn.Module):
    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = EXAMPLE_INPUT[1]
        for stage in STAGES:
            for kernels in stage:
                layers.append(nn.Conv2d(channels, kernels, kernel_size=3, padding=1))
                channels = kernels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(channels * 7 * 7, 4096), nn.Linear(4096, 4096), nn.Linear(4096, num_classes)
        )

    def forward(self, image: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(image), start_dim=1))
