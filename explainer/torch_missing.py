"""Where PyTorch is missing or cannot be loaded: what still works, and what to type."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from explainer.errors import UserError, said_by
from explainer.i18n.bilingual import Bi, same

FOR_MODELS = {"torch", "torchvision", "sympy", "safetensors"}  # what is needed to make a lesson, and not to read one

MISSING = Bi(
    zh="这台机器没有安装{package}，只能使用由 explain 模型 -o 讲义.json 写好的讲义。要从模型生成，请先安装：pip install torch torchvision sympy safetensors。",
    en="{package} is not installed here, so only finished lessons can be used, as explain MODEL -o lesson.json writes them. To start "
    "from a model, first run pip install torch torchvision sympy safetensors.",
)
BROKEN = Bi(
    zh="PyTorch无法载入（{reason}），只能使用由 explain 模型 -o 讲义.json 写好的讲义。请运行 explain doctor 查看原因。",
    en="PyTorch cannot be loaded ({reason}), so only finished lessons can be used, as explain MODEL -o lesson.json writes them. "
    "Run explain doctor to see why.",
)


def torch_missing(error: BaseException) -> Bi | None:
    """The sentence for an import that failed for want of PyTorch or of what comes with it; None for any other error."""
    if isinstance(error, ModuleNotFoundError) and error.name in FOR_MODELS and error.name not in sys.modules:
        return MISSING.format(package={"torch": "PyTorch"}.get(error.name, error.name))
    if isinstance(error, ImportError | OSError) and "torch" not in sys.modules and _within_torch(error):
        return BROKEN.format(reason=same(said_by(error)))
    return None


def _within_torch(error: BaseException) -> bool:
    """Whether it was raised while torch itself was being imported."""
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_globals.get("__name__") == "torch":
            return True
        at = at.tb_next
    return False


@contextmanager
def torch_needed() -> Iterator[None]:
    """Within it a model is worked on. Raises UserError where there is no PyTorch to do that."""
    try:
        yield
    except (ImportError, OSError) as error:
        if sentence := torch_missing(error):
            raise UserError(sentence) from error
        raise
