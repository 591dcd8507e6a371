"""A package that a user's code imports and that is not installed: what to type."""

from __future__ import annotations

from explainer.errors import at_line
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible

MISSING = Bi(
    zh="{path} 要用到Python包“{name}”{line}，而它没有安装：请运行 pip install {package}；如果是自己写的文件，请放在它旁边。",
    en="{path} needs the Python package '{name}'{line}, which is not installed: run pip install {package}; if it is a file of "
    "your own, put it beside it.",
)
# Packages that are installed under another name than the one they are imported by.
_CALLED = {
    "cv2": "opencv-python", "PIL": "pillow", "sklearn": "scikit-learn", "skimage": "scikit-image", "yaml": "pyyaml",
    "torch_geometric": "torch_geometric", "pl_bolts": "lightning-bolts", "pytorch_lightning": "lightning",
    "open_clip": "open_clip_torch", "clip": "openai-clip", "attr": "attrs", "dotenv": "python-dotenv",
    "segmentation_models_pytorch": "segmentation-models-pytorch", "x_transformers": "x-transformers",
    "efficientnet_pytorch": "efficientnet-pytorch", "mmcv": "mmcv", "Levenshtein": "levenshtein",
}  # fmt: skip


def missing_package(error: BaseException, path: str) -> Bi | None:
    """The sentence for a ModuleNotFoundError, or None for any other."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    top = visible(error.name.partition(".")[0])[:80]
    return MISSING.format(path=path, name=visible(error.name)[:80], line=at_line(error), package=_CALLED.get(top, top))
