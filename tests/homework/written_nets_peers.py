"""Networks that the last sets of answers in `written_answers.csv` are about: course networks with other numbers."""

from __future__ import annotations

from torch import nn

S = nn.Sequential


def pa():
    return S(
        nn.Conv2d(3, 48, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(48, 80, 3, padding=1),
        nn.MaxPool2d(2, 2),
        nn.Flatten(),
        nn.Linear(72000, 100),
    )


def strided():
    return S(nn.Conv2d(16, 48, 5, stride=3))


def uneven():
    return S(nn.Conv2d(3, 72, 9, stride=4))


def stem():
    return S(nn.Conv2d(3, 32, 5, stride=2, padding=2))


def stem_dilated():
    return S(nn.Conv2d(3, 32, 5, stride=2, padding=2, dilation=3))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(300, 128, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0]


def bn():
    return S(nn.Linear(1000, 240), nn.BatchNorm1d(240), nn.Linear(240, 30))


def seven():
    return S(nn.Conv2d(3, 40, 7, padding=3))


def flat():
    return S(nn.Flatten(), nn.Linear(30000, 64))


def wide():
    return S(nn.Conv2d(128, 48, 5, padding=2))


def middle():
    return S(nn.Conv2d(48, 96, 3, padding=1))


class EmbGru(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(5000, 100)
        self.gru = nn.GRU(100, 150, batch_first=True)
        self.fc = nn.Linear(150, 4)

    def forward(self, x):
        return self.fc(self.gru(self.emb(x))[0][:, -1])


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln = nn.LayerNorm(600)

    def forward(self, x):
        return self.ln(x)


def depthwise():
    return S(nn.Conv2d(48, 48, 5, padding=2, groups=48))


def up():
    return S(nn.ConvTranspose2d(96, 40, 4, stride=2, padding=1))


class Mha(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(320, 5, batch_first=True)

    def forward(self, x):
        return self.attn(x, x, x)[0]


class Enc(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(256, 4, 1024, batch_first=True)

    def forward(self, x):
        return self.layer(x)


class Lora(nn.Module):
    def __init__(self):
        super().__init__()
        self.W = nn.Linear(96, 200, bias=False)
        self.W.weight.requires_grad_(False)
        self.A = nn.Linear(96, 4, bias=False)
        self.B = nn.Linear(4, 200, bias=False)

    def forward(self, x):
        return self.W(x) + self.B(self.A(x))


class Gqa(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(384, 384, bias=False)
        self.k = nn.Linear(384, 128, bias=False)
        self.v = nn.Linear(384, 128, bias=False)
        self.o = nn.Linear(384, 384, bias=False)

    def forward(self, x):
        return self.o(self.q(x)) + 0 * (self.k(x).sum() + self.v(x).sum())


def fully():
    return S(
        nn.Flatten(),
        nn.Linear(2187, 20),
        nn.ReLU(),
        nn.Linear(20, 20),
        nn.ReLU(),
        nn.Linear(20, 20),
        nn.ReLU(),
        nn.Linear(20, 1),
    )


def tiny():
    return S(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 3))


def lenet():
    return S(
        nn.Conv2d(1, 8, 5),
        nn.Tanh(),
        nn.AvgPool2d(2, 2),
        nn.Conv2d(8, 20, 5),
        nn.Tanh(),
        nn.AvgPool2d(2, 2),
        nn.Flatten(),
        nn.Linear(500, 100),
        nn.Tanh(),
        nn.Linear(100, 60),
        nn.Tanh(),
        nn.Linear(60, 10),
    )
