"""Small networks for the oracles: each shows the tools something that torchvision's classifiers do not have.

NETS: name → (class, the shape of its one input, batch first). An integer input is for an embedding (`INTEGER`).
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class Grouped(nn.Module):
    """Grouped, depthwise and dilated convolutions, with and without bias; LeakyReLU, PReLU, ELU; average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 5, stride=2, padding=2, bias=False)
        self.norm = nn.BatchNorm2d(16)
        self.leaky = nn.LeakyReLU(0.1)
        self.grouped = nn.Conv2d(16, 32, 3, padding=1, groups=4)
        self.prelu = nn.PReLU(32)
        self.depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False)
        self.elu = nn.ELU()
        self.dilated = nn.Conv2d(32, 24, 3, padding=4, dilation=4)
        self.relu6 = nn.ReLU6()
        self.pool = nn.AvgPool2d(2)
        self.head = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.leaky(self.norm(self.stem(x)))
        x = self.elu(self.depthwise(self.prelu(self.grouped(x))))
        x = self.pool(self.relu6(self.dilated(x)))
        return self.head(x.mean((2, 3)))


class Transposed(nn.Module):
    """Transposed convolutions: with and without bias, grouped, with output padding; one-dimensional layers beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(4, 16, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.wide = nn.ConvTranspose2d(8, 8, 3, stride=2, padding=1, output_padding=1, groups=4, bias=False)
        self.line = nn.Conv1d(8, 6, 5, padding=2)
        self.long = nn.ConvTranspose1d(6, 4, 4, stride=3)
        self.tanh = nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        x = self.wide(self.up(self.down(x)))
        return self.tanh(self.long(self.line(x.mean(2))))


class Norms(nn.Module):
    """Layer, group and instance normalization, with and without scale and shift; SiLU, GELU, Hardswish, Sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 12, 3, padding=1)
        self.group = nn.GroupNorm(3, 12)
        self.silu = nn.SiLU()
        self.instance = nn.InstanceNorm2d(12)
        self.gelu = nn.GELU()
        self.affine = nn.InstanceNorm2d(12, affine=True)
        self.swish = nn.Hardswish()
        self.plain = nn.BatchNorm2d(12, affine=False)
        self.layer = nn.LayerNorm([12, 10, 10])
        self.sigmoid = nn.Sigmoid()
        self.bare = nn.LayerNorm(10, elementwise_affine=False)
        self.head = nn.Linear(10, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.silu(self.group(self.conv(x)))
        x = self.swish(self.affine(self.gelu(self.instance(x))))
        return self.head(self.bare(self.sigmoid(self.layer(self.plain(x)))))


class Upsampling(nn.Module):
    """Nearest, bilinear and bicubic up-sampling as modules and as F.interpolate, by factor and by size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 6, 3, padding=1)
        self.nearest = nn.Upsample(scale_factor=2)
        self.bilinear = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.bicubic = nn.Upsample(size=(40, 36), mode="bicubic")
        self.old = nn.UpsamplingBilinear2d(scale_factor=2)
        self.reduce = nn.Conv2d(6, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bilinear(self.nearest(self.conv(x)))
        x = self.reduce(self.bicubic(x))
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.interpolate(x, size=(30, 20), mode="bilinear", align_corners=False)
        return self.old(F.max_pool2d(x, 2))


class Pooling(nn.Module):
    """Every pooling layer, ceil mode and overlap among them; softmax; one network in Sequential form."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 7, stride=2, padding=3),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
            nn.AvgPool2d(3, stride=1, padding=1),
            nn.Conv2d(8, 10, (1, 3), padding=(0, 1)),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d((5, 3)),
            nn.AdaptiveMaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(40, 10, bias=False),
        )
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.softmax(self.features(x))


class Recurrent(nn.Module):
    """An embedding, a two-layer bidirectional LSTM, and a linear layer on every step."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 12)
        self.lstm = nn.LSTM(12, 10, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(20, 7)

    def forward(self, tokens: Tensor) -> Tensor:
        steps, _ = self.lstm(self.embed(tokens))
        return self.head(steps)


class Gated(nn.Module):
    """A two-layer GRU and a plain RNN, time first (torch's default), and an LSTM cell on the last step."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(6, 8, num_layers=2)
        self.rnn = nn.RNN(8, 5, bias=False)
        self.cell = nn.LSTMCell(5, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x, _ = self.gru(x)
        x, _ = self.rnn(x)
        hidden, _ = self.cell(x[-1])
        return self.head(hidden)


class Attention(nn.Module):
    """nn.MultiheadAttention on itself, without returning the weights, and layer normalization."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(16)
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        mixed, _ = self.attention(x, x, x, need_weights=False)
        return self.head(x + mixed)


class Encoder(nn.Module):
    """torch's own encoder layer, twice."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 4, dim_feedforward=24, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encoder(x))


class Products(nn.Module):
    """Attention written out: torch.matmul, the operator @, bmm, einsum, scaled_dot_product_attention."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(12, 36)
        self.out = nn.Linear(12, 12, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        weights = torch.matmul(q, k.transpose(1, 2)) * 0.5
        y = F.softmax(weights, dim=-1) @ v
        y = torch.bmm(weights, y) + torch.einsum("bij,bjk->bik", weights, v)
        return self.out(y + F.scaled_dot_product_attention(q, k, v))


class Functional(nn.Module):
    """Nothing but functions after the layers: what hooks on modules do not see."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(8, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.norm(self.conv1(x))), 2)
        x = torch.relu(self.conv2(x)) * 2 + x
        x = F.adaptive_avg_pool2d(F.gelu(x), 1)
        x = F.leaky_relu(torch.flatten(x, 1), 0.2)
        return F.log_softmax(F.dropout(self.fc(x), training=self.training), dim=1)


class Block(nn.Module):
    """A residual block whose one ReLU is used twice."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.conv2(self.relu(self.conv1(x))))


class Reused(nn.Module):
    """Layers used more than once: a block three times, a convolution that two parents share."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 6, 3, padding=1)
        self.block = Block(6)
        self.twin = nn.Sequential(self.stem, nn.ReLU())
        self.scale = nn.Parameter(torch.ones(6, 1, 1))
        self.fc = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        y = self.twin(x) + self.stem(x) * self.scale
        for _ in range(3):
            y = self.block(y)
        y = y.mean((2, 3))
        return self.fc(self.fc(y))


class Volume(nn.Module):
    """Three dimensions: convolution, pooling, normalization, transposed convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm3d(4)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool3d(2)
        self.up = nn.ConvTranspose3d(4, 2, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.up(self.pool(self.relu(self.norm(self.conv(x)))))


class Batched(nn.Module):
    """Three pictures at once; a dilated grouped convolution, a grouped transposed one, PReLU, functions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 8, 3, padding=2, dilation=2, groups=2)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1, groups=2)
        self.larger = nn.Upsample(scale_factor=2)
        self.prelu = nn.PReLU()
        self.head = nn.Linear(6, 5)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu(self.norm(self.conv(x))))
        x = F.relu(self.prelu(self.larger(self.up(x)))) * 2
        return self.softmax(self.head(F.adaptive_avg_pool2d(x, 1).flatten(1)))


class Padded(nn.Module):
    """Padding "same" with an even kernel, reflected padding, frozen, unused and raw parameters, an empty Sequential."""

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Conv2d(4, 8, 4, padding="same")
        self.group = nn.GroupNorm(2, 8, affine=False)
        self.reflected = nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect", bias=False)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU()) for _ in range(2)])
        self.identity = nn.Identity()
        self.empty = nn.Sequential()
        self.scale = nn.Parameter(torch.ones(8, 1, 1))
        self.unused = nn.Linear(3, 3)
        self.same.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reflected(self.group(self.same(x)))
        for block in self.blocks:
            x = self.empty(self.identity(block(x))) + x * self.scale
        return torch.add(x, x).mean((2, 3))


class Sequences(nn.Module):
    """Two sequences: a bidirectional GRU without bias, then attention that returns its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(16, 6, 2, batch_first=True, bidirectional=True, bias=False)
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.norm = nn.LayerNorm(12)
        self.head = nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.gru(x)
        mixed, _ = self.attention(steps, steps, steps)
        return self.head(self.norm(mixed + steps))


NETS: dict[str, tuple[type[nn.Module], tuple[int, ...]]] = {
    "grouped": (Grouped, (1, 3, 32, 32)),
    "transposed": (Transposed, (1, 4, 12, 10)),
    "norms": (Norms, (1, 3, 10, 10)),
    "upsampling": (Upsampling, (1, 2, 9, 8)),
    "pooling": (Pooling, (1, 3, 40, 33)),
    "recurrent": (Recurrent, (1, 9)),
    "gated": (Gated, (7, 1, 6)),
    "attention": (Attention, (1, 10, 16)),
    "encoder": (Encoder, (1, 10, 16)),
    "products": (Products, (1, 8, 12)),
    "functional": (Functional, (1, 3, 16, 16)),
    "reused": (Reused, (1, 1, 8, 8)),
    "volume": (Volume, (1, 1, 8, 8, 8)),
    "batched": (Batched, (3, 4, 16, 16)),
    "padded": (Padded, (2, 4, 12, 12)),
    "sequences": (Sequences, (2, 9, 16)),
}
INTEGER = {"recurrent"}
