"""以Tanh为激活函数的二分类小网络；输入为3×32×32，共18,090个参数。

展平写成view(-1, 512)，−1处的批量大小由元素总数推出：换成64×64的图像，程序不报错，批量却从1变成4。

A small two-class network with tanh activations; the input is 3×32×32, and there are 18,090 parameters.
It flattens by view(-1, 512), where the batch size at −1 follows from the number of elements: a 64×64 image
raises no error, but turns a batch of 1 into 4.

    explain examples/tanh_net.py:TanhNet --lang zh -o tanh_net.pdf
    explain examples/tanh_net.py:TanhNet --input 1,3,64,64
"""

from torch import Tensor, nn

EXAMPLE_INPUT = (1, 3, 32, 32)


class TanhNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, kernel_size=3, padding=1),
            nn.Tanh(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 8, kernel_size=3, padding=1),
            nn.Tanh(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Linear(8 * 8 * 8, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, image: Tensor) -> Tensor:
        return self.classifier(self.features(image).view(-1, 8 * 8 * 8))
