"""Small nets in a line or two, whose answers were written before anybody looked how they are read."""

from __future__ import annotations

from torch import nn
from written_nets import First

S = nn.Sequential


def small() -> nn.Module:
    return S(
        nn.Conv2d(3, 32, 5, stride=2, padding=2),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 48, 3, padding=1),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(48 * 16 * 16, 200),
        nn.ReLU(),
        nn.Linear(200, 12),
    )


def mlp() -> nn.Module:
    return S(nn.Linear(320, 320), nn.ReLU(), nn.Linear(320, 90), nn.ReLU(), nn.Linear(90, 7))


def dw() -> nn.Module:
    return S(
        nn.Conv2d(40, 40, 3, padding=1, groups=40, bias=False),
        nn.BatchNorm2d(40),
        nn.ReLU6(),
        nn.Conv2d(40, 72, 1, bias=False),
        nn.BatchNorm2d(72),
    )


def one_d() -> nn.Module:
    return S(nn.Conv1d(16, 24, 7, stride=3), nn.ReLU(), nn.AvgPool1d(2))


def up() -> nn.Module:
    return S(nn.ConvTranspose2d(96, 48, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(48, 3, 1))


def lstm() -> nn.Module:
    return First("lstm", nn.LSTM(80, 160, batch_first=True))


def mha() -> nn.Module:
    return First("attn", nn.MultiheadAttention(320, 8, batch_first=True), 3)


def emb() -> nn.Module:
    return S(nn.Embedding(12000, 256), nn.LayerNorm(256), nn.Linear(256, 5))


def bare() -> nn.Module:
    return S(nn.Linear(768, 768, bias=False), nn.LayerNorm(768))
