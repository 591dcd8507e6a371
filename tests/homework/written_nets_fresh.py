"""Small nets of many kinds for fresh answers. INPUTS: the input of each, as `--input` takes it."""

import torch
from torch import nn

INPUTS = {
    "MLP3": "1,1,28,28",
    "LeNet28": "1,1,28,28",
    "MiniVGG": "1,3,64,64",
    "DWS": "1,32,56,56",
    "Grouped": "1,64,28,28",
    "Dilated": "1,16,40,40",
    "Up": "1,128,8,8",
    "TextCNN": "1,60:int64",
    "C3D": "1,3,8,32,32",
    "SentLSTM": "1,30:int64",
    "BiGRU": "1,50,40",
    "Block": "1,20:int64",
    "GNStem": "1,3,96,96",
    "TinyUNet": "1,1,32,32",
    "Bottleneck": "1,256,14,14",
    "AE": "1,784",
    "Asym": "1,8,17,34",
    "TabBN": "4,20",
    "RNN1": "1,12,10",
    "AlexHead": "1,3,227,227",
}


class MLP3(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(784, 256)
        self.act1 = nn.ReLU()
        self.fc2 = nn.Linear(256, 128)
        self.act2 = nn.ReLU()
        self.fc3 = nn.Linear(128, 10)

    def forward(self, x):
        return self.fc3(self.act2(self.fc2(self.act1(self.fc1(self.flatten(x))))))


class LeNet28(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool2 = nn.AvgPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool1(torch.sigmoid(self.conv1(x)))
        x = self.pool2(torch.sigmoid(self.conv2(x)))
        return self.fc3(torch.sigmoid(self.fc2(torch.sigmoid(self.fc1(self.flatten(x))))))


class MiniVGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1_1 = nn.Conv2d(3, 32, 3, padding=1)
        self.conv1_2 = nn.Conv2d(32, 32, 3, padding=1)
        self.pool1 = nn.MaxPool2d(2, 2)
        self.conv2_1 = nn.Conv2d(32, 64, 3, padding=1)
        self.pool2 = nn.MaxPool2d(2, 2)
        self.drop = nn.Dropout(0.5)
        self.fc1 = nn.Linear(64 * 16 * 16, 256)
        self.fc2 = nn.Linear(256, 10)

    def forward(self, x):
        x = self.pool1(torch.relu(self.conv1_2(torch.relu(self.conv1_1(x)))))
        x = self.pool2(torch.relu(self.conv2_1(x)))
        return self.fc2(self.drop(torch.relu(self.fc1(x.flatten(1)))))


class DWS(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw = nn.Conv2d(32, 32, 3, stride=2, padding=1, groups=32, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.pw = nn.Conv2d(32, 64, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.act = nn.ReLU6()

    def forward(self, x):
        return self.act(self.bn2(self.pw(self.act(self.bn1(self.dw(x))))))


class Grouped(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(64, 128, 3, padding=1, groups=4)
        self.head = nn.Conv2d(128, 20, 1)

    def forward(self, x):
        return self.head(torch.relu(self.conv(x)))


class Dilated(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(16, 32, 3, padding=2, dilation=2)
        self.b = nn.Conv2d(32, 32, 3, dilation=4)
        self.c = nn.Conv2d(32, 8, 3, stride=3, dilation=2)

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x)))))


class Up(nn.Module):
    def __init__(self):
        super().__init__()
        self.up1 = nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(64, 3, 3, stride=2, padding=1, output_padding=1, bias=False)

    def forward(self, x):
        return torch.tanh(self.up2(torch.relu(self.up1(x))))


class TextCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(5000, 100)
        self.conv = nn.Conv1d(100, 128, 5)
        self.pool = nn.AdaptiveMaxPool1d(1)
        self.fc = nn.Linear(128, 4)

    def forward(self, t):
        x = torch.relu(self.conv(self.emb(t).transpose(1, 2)))
        return self.fc(self.pool(x).flatten(1))


class C3D(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv3d(3, 16, 3, padding=1)
        self.pool = nn.MaxPool3d((1, 2, 2))
        self.conv2 = nn.Conv3d(16, 32, 3)
        self.gap = nn.AdaptiveAvgPool3d(1)
        self.fc = nn.Linear(32, 5)

    def forward(self, x):
        x = torch.relu(self.conv2(self.pool(torch.relu(self.conv1(x)))))
        return self.fc(self.gap(x).flatten(1))


class SentLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(3000, 64)
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.fc = nn.Linear(128, 2)

    def forward(self, t):
        y, _ = self.lstm(self.emb(t))
        return self.fc(y[:, -1])


class BiGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(40, 96, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(192, 10)

    def forward(self, x):
        return self.fc(self.gru(x)[0])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(1000, 64)
        self.attn = nn.MultiheadAttention(64, 8, batch_first=True)
        self.ln1 = nn.LayerNorm(64)
        self.ff1 = nn.Linear(64, 256)
        self.ff2 = nn.Linear(256, 64)
        self.ln2 = nn.LayerNorm(64)
        self.out = nn.Linear(64, 1000, bias=False)

    def forward(self, t):
        x = self.tok(t)
        x = self.ln1(x + self.attn(x, x, x, need_weights=False)[0])
        x = self.ln2(x + self.ff2(torch.relu(self.ff1(x))))
        return self.out(x)


class GNStem(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 48, 7, stride=2, padding=3, bias=False)
        self.gn = nn.GroupNorm(8, 48)
        self.act = nn.PReLU(48)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(48, 100)

    def forward(self, x):
        x = self.pool(self.act(self.gn(self.conv(x))))
        return self.fc(self.gap(x).flatten(1))


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Conv2d(1, 16, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.mid = nn.Conv2d(16, 32, 3, padding=1)
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.dec = nn.Conv2d(32, 16, 3, padding=1)
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        e = torch.relu(self.enc(x))
        m = torch.relu(self.mid(self.pool(e)))
        return self.out(torch.relu(self.dec(torch.cat([e, self.up(m)], 1))))


class Bottleneck(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(256, 64, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = nn.Conv2d(64, 64, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64, 256, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(256)
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(self.bn3(self.conv3(y)) + x)


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(784, 64)
        self.dec = nn.Linear(64, 784)

    def forward(self, x):
        return torch.sigmoid(self.dec(torch.relu(self.enc(x))))


class Asym(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 16, (1, 7), stride=(1, 2), padding=(0, 3))
        self.pool = nn.AvgPool2d((2, 1))
        self.conv2 = nn.Conv2d(16, 24, (3, 1))

    def forward(self, x):
        return self.conv2(self.pool(torch.relu(self.conv(x))))


class TabBN(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(20, 50)
        self.bn = nn.BatchNorm1d(50)
        self.l2 = nn.Linear(50, 3)

    def forward(self, x):
        return self.l2(torch.relu(self.bn(self.l1(x))))


class RNN1(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(10, 20, batch_first=True)
        self.fc = nn.Linear(20, 1)

    def forward(self, x):
        return self.fc(self.rnn(x)[0])


class AlexHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4)
        self.pool1 = nn.MaxPool2d(3, 2)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=2)

    def forward(self, x):
        return self.conv2(self.pool1(torch.relu(self.conv1(x))))
