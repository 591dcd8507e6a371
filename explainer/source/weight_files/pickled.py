"""torch's own files: state dicts and checkpoints, with torch's unpickler that makes nothing but tensors.

Where a checkpoint holds other objects beside its tensors (an `argparse.Namespace`, numpy's numbers), and for TorchScript, the
archive is read with an unpickler of ours that makes nothing at all: see `restricted.py`.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.source.weight_files import restricted, torchscript
from explainer.source.weight_files.fitting import fitting
from explainer.source.weight_files.stored import MAX_NAME, Contents, Refused

MAX_DEPTH = 8
_MODELS = (
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
    "model_ema",
    "ema",
    "weights",
    "params",
)
_OTHERS = ("optim", "sched", "scaler", "loops", "callbacks", "hyper", "rng", "loss", "amp")
_WRAPPERS = ("module.", "_orig_mod.")

NO_DICTIONARY = Bi("里面不是按名称存放的张量", "it holds no dictionary of tensors")
WHOLE = Bi("里面是整个模型（{kind}）", "it holds a whole model ({kind})")
PACKED = Bi("里面有压缩过的内容，torch.save不会这样写", "parts of it are compressed, which torch.save never does")
TAKEN = Bi(zh="{path} 里的权重取自“{key}”。", en="The weights of {path} are those under '{key}'.")


def read(path: Path) -> Contents:
    """The tensors of a state dict, of a checkpoint that has one, or of a TorchScript archive. Raises Refused, or torch's error."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if torchscript.is_torchscript(archive):
                return torchscript.read(archive, size)
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.file_size > size for entry in archive.infolist()):
                raise Refused(PACKED)
    content = _unpickled(path)
    found, key = _weights(content)
    notes = (TAKEN.format(path=visible(path.name), key=visible(key)[:MAX_NAME]),) if key else ()
    return Contents(list(fitting(_unwrapped(dict(_named(found))), size)), notes)


def _unpickled(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of protocols and storages: nothing that the user could do anything about
            return torch.load(path, map_location="meta", weights_only=True)
    except Exception as error:
        if not zipfile.is_zipfile(path):
            raise
        try:
            with zipfile.ZipFile(path) as archive:
                content = restricted.load(archive)
        except Exception:  # torch's own words are the better ones
            raise error from None
    if isinstance(content, restricted.Other):
        raise Refused(WHOLE.format(kind=visible(content.kind)[:MAX_NAME]))
    return content


def _weights(content: Any) -> tuple[Any, str]:
    """What of a checkpoint is the model's weights, and its key in it ("" for the whole)."""
    if not isinstance(content, Mapping):
        return content, ""
    if any(isinstance(value, torch.Tensor) for value in content.values()):
        return content, ""
    dictionaries = {str(key): value for key, value in content.items() if _holds_tensors(value)}
    models = {key: value for key, value in dictionaries.items() if not any(word in key.lower() for word in _OTHERS)}
    for key in _MODELS:
        if key in models:
            inner, deeper = _weights(models[key])
            return inner, f"{key}.{deeper}" if deeper else key
    if len(models) == 1:
        ((key, value),) = models.items()
        return value, key
    return models, ""


def _holds_tensors(value: Any, depth: int = 0) -> bool:
    if isinstance(value, torch.Tensor):
        return True
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return any(_holds_tensors(part, depth + 1) for part in value.values())
    return isinstance(value, list | tuple) and any(_holds_tensors(part, depth + 1) for part in value)


def _named(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor with its name; in a list by its number."""
    if isinstance(value, torch.Tensor):
        yield name or "tensor", value
    elif depth > MAX_DEPTH:
        raise Refused(NO_DICTIONARY)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _named(part, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _named(part, f"{name}.{number}" if name else str(number), depth + 1)
    elif not depth:
        raise Refused(NO_DICTIONARY)


def _unwrapped(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Without what DataParallel and torch.compile put before every name."""
    for prefix in _WRAPPERS:
        if tensors and all(name.startswith(prefix) and len(name) > len(prefix) for name in tensors):
            return _unwrapped({name.removeprefix(prefix): tensor for name, tensor in tensors.items()})
    return tensors
