"""A name that no library here has: what was probably meant, and how it is written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, joined, same
from explainer.i18n.printable import visible
from explainer.source import torchvision_models as zoo
from explainer.source.libraries import close_names, library

NO_MODEL = Bi(
    zh="没有名为“{name}”的模型。{near}自己的模型写成 文件.py:类名；explain list 列出全部名称。",
    en="There is no model named '{name}'.{near} A model of your own is file.py:Class; 'explain list' shows all names.",
)
NEAR = Bi(zh="相近的有：{near}。", en=" Close to it: {near}.")
NO_FILE = Bi(zh="没有这个文件：{path}。请检查路径。", en="There is no file {path}: check the path.")
UNKNOWN_FILE = Bi(
    zh="不认识 {path} 这种文件：可以是 .py、.ipynb，权重文件（.pt、.pth、.bin、.ckpt、.safetensors），.pt2、.onnx、.gguf，"
    "或transformers的 config.json。",
    en="{path} is no kind of file that is known here: it can be .py, .ipynb, weights (.pt, .pth, .bin, .ckpt, .safetensors), "
    ".pt2, .onnx, .gguf, or a config.json of transformers.",
)
ADDRESS = Bi(
    zh="“{name}”是网址，而这里什么都不下载：请先自己下载，再给出文件名；transformers的结构写成 hf:bert 这样。",
    en="'{name}' is an address, and nothing is downloaded here: download it yourself and name the file; an architecture of transformers "
    "is written hf:bert.",
)
FOLDER = Bi(
    zh="文件夹 {path} 里既没有transformers的 config.json，也没有认得的权重文件：请指明其中的一个文件，例如 {example}。",
    en="The folder {path} has neither a config.json of transformers nor one file of weights that is known here: name a file in it, for "
    "example {example}.",
)
NO_NAME = Bi(
    zh="没有写出模型的名称：例如 vgg16、hf:bert、timm:resnet50，或 file.py:Class。",
    en="The name of a model is missing: write for example vgg16, hf:bert, timm:resnet50 or file.py:Class.",
)
MOST_LOOKED_AT = 500  # files, for an example
ON_THE_HUB = Bi(
    zh="“{name}”是Hugging Face网站上已训练权重的名称，而这里什么都不下载，只按结构推导：请写 {near}，或给出它的 config.json"
    "（hf:FOLDER/config.json）。",
    en="'{name}' names trained weights on the Hugging Face hub, and nothing is downloaded here; the architecture is enough: write "
    "{near}, or give its config.json (hf:folder/config.json).",
)


def unknown_model(name: str) -> UserError:
    """What to write instead of a name that torchvision does not have."""
    shown = visible(name)[:200]
    if not name.strip():
        return UserError(NO_NAME)
    if Path(name).is_dir():
        return UserError(FOLDER.format(path=shown.rstrip("/") or "/", example=_in_folder(Path(name))))
    if Path(name).is_file():
        return UserError(UNKNOWN_FILE.format(path=shown))
    near = close_names(name, zoo.names())
    if not any(_plain(one) == _plain(name) for one in near):
        near = [*_elsewhere(name), *near]
    if not near and re.search(r"[/\\]|\.[A-Za-z]\w*$", name):
        return UserError(NO_FILE.format(path=shown))
    listed = joined([same(one) for one in near[:4]])
    return UserError(NO_MODEL.format(name=shown, near=NEAR.format(near=listed) if near else same("")))


def _in_folder(folder: Path) -> str:
    """A file with a class of modules that stands there, as it is asked for; else how one would be."""
    near = itertools.chain(folder.glob("*.py"), folder.glob("*/*.py"))
    with suppress(OSError):
        for path in sorted(itertools.islice(near, MOST_LOOKED_AT), key=lambda one: (len(one.parts), str(one))):
            if b"Module)" in path.read_bytes()[:100_000]:
                return visible(str(path))
    return visible(str(folder / "net.py:Net"))


def on_the_hub(name: str, types: Iterable[str]) -> Bi | None:
    """The sentence for the name of weights (`bert-base-uncased`, `org/model`), if its architecture can be told."""
    kind = architecture_of(name, types)
    return None if kind is None else ON_THE_HUB.format(name=visible(name)[:200], near=f"hf:{kind}")


def architecture_of(name: str, types: Iterable[str]) -> str | None:
    """`meta-llama/Llama-3.1-8B` → `llama`: the longest model type that the name begins with, else one of its words."""
    last = name.rpartition("/")[2]
    by_plain = {_plain(kind): kind for kind in types}
    words = [_plain(word) for word in re.split(r"[-_. ]", last)]
    starts = [plain for plain in by_plain if _plain(last).startswith(plain) and len(plain) > 1]
    if starts:
        return by_plain[max(starts, key=len)]
    return next((by_plain[word] for word in words if len(word) > 1 and word in by_plain), None)


def _elsewhere(name: str) -> list[str]:
    """As timm or transformers, if they are installed, would know it."""
    found = []
    if find_spec("transformers"):
        types = list(library("transformers").CONFIG_MAPPING)
        if kind := architecture_of(name, types):
            found.append(f"hf:{kind}")
    if find_spec("timm"):
        known = library("timm").list_models()
        exact = [one for one in known if _plain(one) == _plain(name)]
        found += [f"timm:{one}" for one in exact[:1]]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower())
