"""More networks that answers in `written_answers.csv` are about: one letter a set of answers, as they were written."""

from __future__ import annotations

import torch
from torch import nn

S = nn.Sequential


def a_a():
    return S(
        nn.Conv2d(3, 32, 5, stride=2, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(32, 48, 3, groups=4, bias=False),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(48, 7),
    )


def a_d():
    return S(nn.Conv2d(24, 24, 3, padding=1, groups=24, bias=False), nn.Conv2d(24, 40, 1, bias=False))


def a_t():
    return S(nn.ConvTranspose2d(100, 64, 4, 2, 1), nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False))


def a_l():
    return S(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))


class AR(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(5000, 64)
        self.lstm = nn.LSTM(64, 128, num_layers=2, batch_first=True)
        self.fc = nn.Linear(128, 5)

    def forward(self, x):
        o, _ = self.lstm(self.emb(x))
        return self.fc(o[:, -1])


class AG(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(40, 50, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.gru(x)[0]


class AM(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(256, 8, batch_first=True)
        self.ln = nn.LayerNorm(256)

    def forward(self, x):
        return self.ln(self.attn(x, x, x, need_weights=False)[0])


def a_c1():
    return S(nn.Conv1d(8, 16, 5, padding=2, dilation=1), nn.MaxPool1d(2))


def a_c3():
    return S(nn.Conv3d(1, 8, 3), nn.MaxPool3d(2))


def b_a():
    return S(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 24, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(6144, 50),
        nn.ReLU(),
        nn.Linear(50, 10),
    )


def b_b():
    return S(nn.Conv2d(12, 20, 3, dilation=2, bias=False), nn.GroupNorm(4, 20), nn.AvgPool2d(2))


def b_c():
    return S(nn.Conv1d(4, 10, 7, stride=3), nn.BatchNorm1d(10), nn.MaxPool1d(3))


class BD(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(800, 24)
        self.gru = nn.GRU(24, 36, batch_first=True)
        self.fc = nn.Linear(36, 3)

    def forward(self, x):
        return self.fc(self.gru(self.emb(x))[0][:, -1])


class BE(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(20, 30, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.lstm(x)[0]


class BF(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(128, 4, batch_first=True)
        self.ln = nn.LayerNorm(128)
        self.fc1 = nn.Linear(128, 512)
        self.fc2 = nn.Linear(512, 128)

    def forward(self, x):
        x = self.ln(x + self.attn(x, x, x, need_weights=False)[0])
        return self.fc2(torch.relu(self.fc1(x)))


def b_g():
    return S(nn.ConvTranspose2d(48, 24, 3, stride=2, padding=1, output_padding=1))


def b_h():
    return S(nn.Conv3d(2, 6, 3, padding=1, bias=False), nn.MaxPool3d(2))


def b_dw():
    return S(nn.Conv2d(16, 16, 5, padding=2, groups=16), nn.Conv2d(16, 32, 1))


def c_p():
    return S(
        nn.Conv2d(64, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
    )


def c_q():
    return S(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))


class CT(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(20000, 100)
        self.conv = nn.Conv1d(100, 64, 5)
        self.fc = nn.Linear(64, 2)

    def forward(self, x):
        return self.fc(self.conv(self.emb(x).transpose(1, 2)).amax(2))


def c_u():
    return S(nn.ConvTranspose2d(128, 64, 2, stride=2), nn.Conv2d(64, 32, 3, padding=1))


def c_v():
    return S(nn.Conv2d(3, 192, 16, stride=16), nn.Flatten(2))


class CW(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(10, 20, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0]


def c_x():
    return S(nn.Conv2d(32, 64, 3, stride=2, padding=1, groups=8))


def c_y():
    return S(nn.Linear(13, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))


def c_z():
    return S(nn.Conv2d(1, 8, (3, 5)), nn.AvgPool2d((2, 1)))


class CK3(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.TransformerEncoderLayer(64, 4, 256, batch_first=True)

    def forward(self, x):
        return self.enc(x)


class CL2(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(50, 60, num_layers=2, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0]


def d_aa():
    return S(nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(96, 256, 5, padding=2, groups=2))


def d_bb():
    return S(
        nn.Conv2d(1, 6, 5),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 120),
        nn.Linear(120, 84),
        nn.Linear(84, 10),
    )


def d_cc():
    return S(
        nn.Conv2d(24, 144, 1, bias=False),
        nn.BatchNorm2d(144),
        nn.Conv2d(144, 144, 3, stride=2, padding=1, groups=144, bias=False),
        nn.BatchNorm2d(144),
        nn.Conv2d(144, 32, 1, bias=False),
        nn.BatchNorm2d(32),
    )


def d_dd():
    return S(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.Linear(32, 128), nn.Linear(128, 784))


class DEe(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(1000, 48)
        self.attn = nn.MultiheadAttention(48, 6, batch_first=True)
        self.head = nn.Linear(48, 1000, bias=False)

    def forward(self, x):
        x = self.tok(x)
        return self.head(self.attn(x, x, x, need_weights=False)[0])


class DFf(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(16, 24, num_layers=2, batch_first=True)

    def forward(self, x):
        return self.gru(x)[0]


def d_gg():
    return S(nn.Conv1d(32, 32, 3, padding=2, dilation=2), nn.Conv1d(32, 1, 1))


def d_hh():
    return S(nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ConvTranspose2d(8, 1, 4, 2, 1))


def d_ii():
    return S(nn.Conv2d(3, 8, 3, padding=1), nn.LayerNorm([8, 16, 16]))


def d_jj():
    return S(
        nn.Conv3d(3, 16, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False),
        nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
    )


def e_na():
    return S(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1600, 128),
        nn.Linear(128, 10),
    )


def e_nb():
    return S(nn.Conv2d(3, 12, 5, stride=2, padding=2), nn.GroupNorm(3, 12), nn.AdaptiveAvgPool2d((4, 4)))


class ENc(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(500, 16)
        self.lstm = nn.LSTM(16, 8, batch_first=True)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(self.lstm(self.emb(x))[0][:, -1])


class ENd(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(96, 3, bias=False, batch_first=True)
        self.fc1 = nn.Linear(96, 384)
        self.fc2 = nn.Linear(384, 96)

    def forward(self, x):
        x = self.attn(x, x, x, need_weights=False)[0]
        return self.fc2(torch.relu(self.fc1(x)))


def e_ne():
    return S(nn.ConvTranspose2d(32, 16, 5, stride=3, padding=2))


def e_nf():
    return S(nn.Conv1d(6, 6, 9, groups=6, padding=4), nn.Conv1d(6, 20, 1))


def e_ng():
    return S(nn.Conv3d(4, 8, 3, stride=2, padding=1), nn.BatchNorm3d(8))


class ENh(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(12, 16, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.rnn(x)[0]


def e_ni():
    return S(nn.Linear(2048, 1000))


def f_r1():
    return S(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 100),
    )


def f_r2():
    return S(nn.Conv2d(16, 16, (1, 7), padding=(0, 3)), nn.Conv2d(16, 16, (7, 1), padding=(3, 0)))


class FR3(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(3000, 50)
        self.lstm = nn.LSTM(50, 40, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(80, 2)

    def forward(self, x):
        return self.fc(self.lstm(self.emb(x))[0][:, -1])


def f_r4():
    return S(nn.ConvTranspose2d(10, 5, 3))


def f_r5():
    return S(nn.LayerNorm(300), nn.Linear(300, 300, bias=False))


class FR6(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(768, 12, batch_first=True)

    def forward(self, x):
        return self.attn(x, x, x, need_weights=False)[0]


def f_r7():
    return S(nn.Conv2d(128, 128, 3, padding=1, groups=32))


def f_r8():
    return S(nn.Conv1d(1, 16, 15, stride=5, bias=False))


def g_q1():
    return S(
        nn.Conv2d(1, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(800, 500),
        nn.Linear(500, 10),
    )


def g_q2():
    return S(
        nn.Conv2d(256, 64, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.Conv2d(64, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.Conv2d(64, 256, 1, bias=False),
        nn.BatchNorm2d(256),
    )


class GQ3(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(12000, 64)
        self.gru = nn.GRU(64, 96, batch_first=True, bidirectional=True)
        self.out = nn.Linear(192, 7)

    def forward(self, x):
        return self.out(self.gru(self.emb(x))[0].mean(1))


def g_q4():
    return S(nn.Conv2d(48, 48, 7, padding=3, groups=48), nn.LayerNorm([48, 14, 14]))


def g_q5():
    return S(nn.ConvTranspose2d(256, 128, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(128))


class GQ6(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(192, 3, batch_first=True)
        self.ln = nn.LayerNorm(192)
        self.up = nn.Linear(192, 768)
        self.down = nn.Linear(768, 192)

    def forward(self, x):
        return self.down(torch.relu(self.up(self.ln(self.attn(x, x, x, need_weights=False)[0]))))


def h_v1():
    return S(
        nn.Conv2d(3, 24, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(24),
        nn.ReLU6(),
        nn.Conv2d(24, 24, 3, padding=1, groups=24, bias=False),
        nn.BatchNorm2d(24),
        nn.Conv2d(24, 16, 1, bias=False),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 12 * 12, 20),
    )


class HV2(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(6000, 128)
        self.lstm = nn.LSTM(128, 64, batch_first=True)
        self.fc = nn.Linear(64, 1)

    def forward(self, x):
        return self.fc(self.lstm(self.emb(x))[0][:, -1])


class HV3(nn.Module):
    def __init__(self):
        super().__init__()
        self.mha = nn.MultiheadAttention(320, 8, batch_first=True)
        self.norm = nn.LayerNorm(320)

    def forward(self, x):
        return self.norm(self.mha(x, x, x, need_weights=False)[0])


def h_v4():
    return S(nn.ConvTranspose2d(32, 12, 4, 2, 1), nn.Conv2d(12, 3, 5, padding=2))


def h_v5():
    return S(nn.Conv1d(12, 30, 4, stride=2), nn.MaxPool1d(2))
