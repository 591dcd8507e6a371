"""The networks that the answers in `written_answers.csv` are about: those of courses and textbooks, each in a line or two."""

from __future__ import annotations

from torch import nn

S = nn.Sequential


class First(nn.Module):
    """A layer that gives several outputs; the first goes on."""

    def __init__(self, name: str, layer: nn.Module, copies: int = 1) -> None:
        super().__init__()
        self.add_module(name, layer)
        self.name, self.copies = name, copies

    def forward(self, x):
        return self.get_submodule(self.name)(*[x] * self.copies)[0]


class Words(nn.Module):
    """Word vectors, their mean, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.emb, self.fc = nn.Embedding(10000, 300), nn.Linear(300, 2)

    def forward(self, x):
        return self.fc(self.emb(x).mean(1))


def lenet() -> nn.Module:
    convs = (
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Sigmoid(),
        nn.AvgPool2d(2, 2),
        nn.Conv2d(6, 16, 5),
        nn.Sigmoid(),
        nn.AvgPool2d(2, 2),
    )
    return S(
        *convs, nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10)
    )


def mlp() -> nn.Module:
    return S(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def alex() -> nn.Module:
    return S(nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(96, 256, 5, padding=2))


def Lstm() -> nn.Module:
    return First("lstm", nn.LSTM(100, 128, batch_first=True))


def Gru() -> nn.Module:
    return First("gru", nn.GRU(64, 32, batch_first=True))


def Rnn() -> nn.Module:
    return First("rnn", nn.RNN(28, 256, batch_first=True))


def Emb() -> nn.Module:
    return Words()


def Mha() -> nn.Module:
    return First("attn", nn.MultiheadAttention(512, 8, batch_first=True), copies=3)


def ln() -> nn.Module:
    return S(nn.LayerNorm(768))


def bn() -> nn.Module:
    return S(nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU())


def mobile() -> nn.Module:
    depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False)
    return S(depthwise, nn.BatchNorm2d(32), nn.ReLU6(), nn.Conv2d(32, 64, 1, bias=False), nn.BatchNorm2d(64))


def dcgan() -> nn.Module:
    return S(nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1))


def c1() -> nn.Module:
    return S(nn.Conv1d(16, 32, 5))


def c3() -> nn.Module:
    return S(nn.Conv3d(3, 16, 3))


def keras() -> nn.Module:
    convs = (nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2))
    return S(*convs, nn.Flatten(), nn.Linear(1600, 10))
