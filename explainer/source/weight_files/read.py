"""Any file of weights → its tensors as a tree of modules.

What a file says of itself is checked against its length before it is believed: safetensors by the format's own library,
torch's pickles by the bytes that their tensors would need. Whatever does not add up is one sentence.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

from torch import nn

from explainer.errors import UserError, text_of
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible
from explainer.source.weight_files import exported, gguf_file, onnx_file, pickled, safetensors_file
from explainer.source.weight_files.stored import Contents, Refused
from explainer.source.weight_files.tree import tree_of

ENDINGS = (
    ".pt",
    ".pth",
    ".bin",
    ".ckpt",
    ".pkl",
    ".pickle",
    ".tar",
    ".pt2",
    ".safetensors",
    ".onnx",
    ".gguf",
    ".index.json",
)

UNREADABLE = Bi(
    zh="{path} 不能作为权重文件读取：{reason}。应为state_dict（torch.save(model.state_dict(), …)）或safetensors文件；"
    "整个模型的文件会运行其中的代码，不予载入。",
    en="{path} cannot be read as weights: {reason}. It should be a state dict (torch.save(model.state_dict(), …)) or a "
    "safetensors file; a file of a whole model runs code when loaded and is refused.",
)
EMPTY = Bi("文件是空的", "the file is empty")
NOT_SAVED = Bi("它不是torch.save写出的文件，或已损坏", "it is no file that torch.save wrote, or it is broken")
MORE_THAN_TENSORS = Bi("里面不只有张量", "it holds more than tensors")


def is_weight_file(target: str) -> bool:
    """Whether its ending is one of these, in capitals or not."""
    return target.lower().endswith(ENDINGS)


def from_weight_file(path: Path) -> tuple[nn.Module, tuple[Bi, ...]]:
    """A tree of modules that own tensors of the file's names and shapes; what is to be said of it. Raises UserError."""
    try:
        if path.is_file() and not path.stat().st_size:
            raise Refused(EMPTY)
        contents = _reader(path)(path)
        return tree_of(contents.tensors), contents.notes
    except Refused as error:
        if error.whole:
            raise UserError(error.reason) from error
        reason = error.reason
    except Exception as error:  # unpickling fails in as many ways as there are classes of errors
        text = text_of(error)
        line = (text.splitlines() or [type(error).__name__])[0][:120].rstrip(".:")
        torn = isinstance(error, KeyError | EOFError | pickle.UnpicklingError) or "legacy" in line
        refused = "Weights only load failed" in text
        more = MORE_THAN_TENSORS if refused and _is_saved(path) else NOT_SAVED if torn or refused else None
        reason = more or same(visible(line))
    raise UserError(UNREADABLE.format(path=visible(str(path)), reason=reason))


def _is_saved(path: Path) -> bool:
    """Whether a file begins as torch.save and pickle begin theirs."""
    with path.open("rb") as file:
        return file.read(4).startswith((b"PK\x03\x04", b"\x80"))


def _reader(path: Path) -> Callable[[Path], Contents]:
    name = path.name.lower()
    if name.endswith(".index.json"):
        return _shards
    readers = {
        ".safetensors": safetensors_file.read,
        ".onnx": onnx_file.read,
        ".gguf": gguf_file.read,
        ".pt2": exported.read,
    }
    return readers.get(path.suffix.lower(), pickled.read)


def _shards(path: Path) -> Contents:
    """The parts that an index names, each read by itself."""
    found: list[Contents] = [_reader(part)(part) for part in safetensors_file.parts_of(path)]
    return Contents(
        [tensor for one in found for tensor in one.tensors], tuple(note for one in found for note in one.notes)
    )
