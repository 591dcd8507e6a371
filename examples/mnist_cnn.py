"""识别手写数字的小型卷积网络：两个5×5卷积层，一个全连接层；输入为1×28×28，共28,938个参数。

A small convolutional network for handwritten digits: two 5×5 convolutions and one fully connected layer;
the input is 1×28×28, and there are 28,938 parameters.

    explain examples/mnist_cnn.py:MnistCNN --lang zh -o mnist_cnn.pdf
"""

from torch import Tensor, nn

EXAMPLE_INPUT = (1, 1, 28, 28)


def block(channels: int, kernels: int) -> nn.Sequential:
    """卷积、激活、池化，高和宽减半。Convolution, activation and pooling, which halves height and width."""
    return nn.Sequential(nn.Conv2d(channels, kernels, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(2))


class MnistCNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block1 = block(1, 16)
        self.block2 = block(16, 32)
        self.head = nn.Linear(32 * 7 * 7, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.block2(self.block1(image)).flatten(start_dim=1))
