"""A TorchScript archive: its modules' tensors, and of its code only the lists that say which are parameters."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any

import torch

from explainer.i18n.bilingual import Bi
from explainer.source.weight_files import restricted
from explainer.source.weight_files.fitting import fitting
from explainer.source.weight_files.stored import Contents

MOST_CODE, MAX_DEPTH = 8 * 2**20, 64
NOT_RUN = Bi(
    zh="这是TorchScript存档：只读了其中的张量，没有运行其中的代码。",
    en="This is a TorchScript archive: only its tensors were read; its code was not run.",
)
_LISTS = re.compile(r"^class (\w+)\(Module\):\n\s+__parameters__ = \[(.*?)\]\n\s+__buffers__ = \[", re.MULTILINE)
_NAME = re.compile(r'"([^"]*)"')


def is_torchscript(archive: zipfile.ZipFile) -> bool:
    """Whether `torch.jit.save` wrote it."""
    return any(name.endswith("/constants.pkl") for name in archive.namelist())


def read(archive: zipfile.ZipFile, size: int) -> Contents:
    """Its tensors by the names that the model has for them. Raises Refused, or what a broken pickle raises."""
    model = restricted.load(archive)
    parameters = _parameters(archive)
    tensors: dict[str, torch.Tensor] = {}
    learned = set[str]()
    for name, tensor, known in _walked(model, parameters):
        tensors[name] = tensor
        if known:
            learned.add(name)
    for number, value in enumerate(restricted.load(archive, "constants.pkl") or ()):
        if isinstance(value, torch.Tensor):  # a frozen model has its weights there
            tensors[f"constants.c{number}"] = value
            if value.dim() and value.is_floating_point():
                learned.add(f"constants.c{number}")
    return Contents(list(fitting(tensors, size, learned)), (NOT_RUN,))


def _walked(
    module: Any, parameters: dict[str, set[str]], name: str = "", depth: int = 0
) -> Iterator[tuple[str, torch.Tensor, bool]]:
    """The tensors of a module and of those in it, and whether its class calls each a parameter."""
    if not isinstance(module, restricted.Other) or depth > MAX_DEPTH:
        return
    own = parameters.get(module.kind, set())
    for key, value in module.state.items():
        path = f"{name}.{key}" if name else key
        if isinstance(value, torch.Tensor):
            yield path, value, key in own
        else:
            yield from _walked(value, parameters, path, depth + 1)


def _parameters(archive: zipfile.ZipFile) -> dict[str, set[str]]:
    """`__torch__.torch.nn.modules.conv.Conv2d` → {"weight", "bias"}, from the text of its code."""
    found = {}
    for entry in archive.infolist():
        _folder, code, file = entry.filename.partition("/code/")
        if not code or not file.endswith(".py") or entry.file_size > MOST_CODE:
            continue
        home = file.removesuffix(".py").replace("/", ".")
        text = archive.read(entry).decode("utf-8", "replace")
        for kind, names in _LISTS.findall(text):
            found[f"{home}.{kind}"] = set(_NAME.findall(names))
    return found
