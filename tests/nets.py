"""Small networks that the tests explain, and short ways to explain them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from explainer.cost.cost import cost_of
from explainer.derive.pipeline import walk_model
from explainer.measure.measure import measure
from explainer.measure.needs import ON_THE_PAGE
from explainer.rules import default_registry
from explainer.source import load, static_inputs
from explainer.tracing.forward import trace


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, device="meta", dtype=dtype)


def traced(model: nn.Module, *shapes: tuple[int, ...], **options):
    """The trace of one forward pass on inputs of these shapes."""
    return trace(model, tuple(meta(*shape) for shape in shapes), atomic=default_registry().is_atomic, **options)


def walked(model: nn.Module, *shapes: tuple[int, ...], train: bool = False, registry=None, **options):
    """The walkthrough of one forward pass on inputs of these shapes."""
    inputs = tuple(meta(*shape) for shape in shapes)
    name = type(model).__name__
    return walk_model(model, inputs, {}, name=name, source="test", train=train, registry=registry, **options)


def walked_by_shapes(model: nn.Module, *shapes: tuple[int, ...], **options):
    """The same without a second attempt with values: a pass that needs them stops."""
    return walked(model, *shapes, values=False, **options)


def zoo_walk(name: str):
    """The walkthrough of a torchvision model on its own input size."""
    loaded = load(name)
    args, kwargs = static_inputs(loaded, [])
    return walk_model(loaded.model, args, kwargs, name=loaded.name, source=loaded.source)


def measured(walk, *wants: str, batch: int = 1):
    """The walkthrough with these measured, or all that the JSON has."""
    return measure(walk.trace, walk, wants or ON_THE_PAGE, default_registry(), batch=batch)


def costs(walk, *wants: str, batch: int = 1):
    """The costs of the walkthrough with these measured, or all that the JSON has."""
    return cost_of(measured(walk, *wants, batch=batch))


def torch_count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


class Function(nn.Module):
    """A function as a model: `Function(lambda x: x + x)`."""

    def __init__(self, function, **parts: nn.Module | nn.Parameter):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs) if self._modules or self._parameters else self.function(*args)


class Vgg11Gray(nn.Module):
    """Seed 000: VGG11 for one channel, without activations."""

    def __init__(self):
        super().__init__()
        plan = [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]
        channels, layers = 1, []
        for step in plan:
            if step == "M":
                layers.append(nn.MaxPool2d(2, 2))
            else:
                layers.append(nn.Conv2d(channels, step, 3, padding=1))
                channels = step
        self.features = nn.Sequential(*layers)
        self.fc1 = nn.Linear(512 * 7 * 7, 4096)
        self.fc2 = nn.Linear(4096, 4096)
        self.fc3 = nn.Linear(4096, 1000)

    def forward(self, x):
        x = torch.flatten(self.features(x), 1)
        return self.fc3(self.fc2(self.fc1(x)))


class MnistCnn(nn.Module):
    """Seed 001: two 5×5 convolutions on 28×28 images, and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(1, 16, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
        self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
        self.out = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        return self.out(x.view(x.size(0), -1))


class Net003(nn.Module):
    """Seed 003: two convolutions with tanh, two linear layers, on 32×32 RGB images."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, 3, padding=1)
        self.act1, self.act2, self.act3 = nn.Tanh(), nn.Tanh(), nn.Tanh()
        self.pool1, self.pool2 = nn.MaxPool2d(2), nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        return self.fc2(self.act3(self.fc1(x.view(-1, 8 * 8 * 8))))


class Tiny(nn.Module):
    """A skip connection, a function and a head: enough to see every kind of step."""

    def __init__(self, width: int = 4):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(self.body(x) + x)
        return self.head(x.mean((2, 3)))
