"""torchvision's models by name, their input sizes, and the repair of a common broken install.

A torchvision wheel built for CUDA beside a CPU build of torch fails on import with "operator torchvision::nms does not
exist". No classification model needs that operator, so it is declared, and the import let through.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

_MISSING = re.compile(r"operator torchvision::(\w+) does not exist")
_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_COMPILER = "torch._dynamo.utils"
_declared: list[Any] = []  # torch drops an operator when its library object goes

NOT_INSTALLED = Bi(
    zh="这个模型在torchvision里，但没有装torchvision：请运行 pip install torchvision。",
    en="This model is torchvision's, and torchvision is not installed: run pip install torchvision.",
)
BROKEN = Bi(
    zh="torchvision无法导入（{reason}）：它的版本与torch不配套，请按 explain doctor 的提示重装。",
    en="torchvision cannot be imported ({reason}): it does not fit the installed torch; reinstall it as "
    "'explain doctor' says.",
)


def torchvision() -> ModuleType:
    """torchvision, repaired if only its compiled operators are missing. Raises UserError."""
    for _ in range(len(_SCHEMAS) + 1):
        try:
            with _without_compiler():
                return importlib.import_module("torchvision")
        except ModuleNotFoundError as error:
            if error.name == "torchvision":
                raise UserError(NOT_INSTALLED) from error
            raise UserError(BROKEN.format(reason=str(error))) from error
        except RuntimeError as error:
            missing = _MISSING.search(str(error))
            if not missing or missing[1] not in _SCHEMAS:
                raise UserError(BROKEN.format(reason=str(error).splitlines()[0])) from error
            _declare_operators()
        except Exception as error:
            raise UserError(BROKEN.format(reason=str(error).splitlines()[0])) from error
    raise UserError(BROKEN.format(reason="operator torchvision::nms"))


@contextmanager
def _without_compiler() -> Iterator[None]:
    """torchvision.ops imports torch's compiler (0.8 s, and sympy) for one function that only RoI align on a GPU calls.

    While we import torchvision, and at no other moment (never while a user's file is imported), a small module stands
    in for `torch._dynamo.utils`; its function asks the real one when it is called.
    """
    if _COMPILER in sys.modules or "torchvision.ops.roi_align" in sys.modules:
        yield
        return
    stand_in = ModuleType(_COMPILER)
    stand_in.is_compile_supported = _is_compile_supported  # type: ignore[attr-defined]
    sys.modules[_COMPILER] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(_COMPILER) is stand_in:
            del sys.modules[_COMPILER]


def _is_compile_supported(device_type: Any) -> Any:
    return importlib.import_module(_COMPILER).is_compile_supported(device_type)


def repairing(importing: Callable[[], Any]) -> Any:
    """Run an import, and once more if it stumbled only over torchvision's missing operators."""
    try:
        return importing()
    except RuntimeError as error:
        if not _MISSING.search(str(error)):
            raise
        torchvision()
        return importing()


def repaired() -> bool:
    """Whether the import needed the repair (then models that call these operators cannot run)."""
    return bool(_declared)


def _declare_operators() -> None:
    """Declare what the broken wheel did not register, and forget its half-done import."""
    import torch

    library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS.values():
        library.define(schema)
    _declared.append(library)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


def names() -> list[str]:
    """The names of torchvision's models."""
    torchvision()
    models = importlib.import_module("torchvision.models")
    return sorted(models.list_models())


def builder(name: str) -> Callable[..., Any] | None:
    """The function that builds the model of that name, or None."""
    torchvision()
    models = importlib.import_module("torchvision.models")
    found: Callable[..., Any] | None = None
    if name.lower() in models.list_models():
        found = models.get_model_builder(name)
    return found


def input_shape(name: str, model: Any) -> tuple[int, ...]:
    """The size a zoo model is made for: its own `image_size`, else that of its published weights, else 224."""
    size = getattr(model, "image_size", None) or _crop_size(name) or 224
    side = size[0] if isinstance(size, list | tuple) else size
    if type(model).__module__.startswith("torchvision.models.video"):
        return (1, 3, 16, side, side)
    return (1, 3, side, side)


def _crop_size(name: str) -> int | None:
    models = importlib.import_module("torchvision.models")
    try:
        weights = models.get_model_weights(name)
        transforms = [entry.transforms for entry in weights]
    except (ValueError, TypeError):
        return None
    sizes = [entry.keywords.get("crop_size") for entry in transforms if hasattr(entry, "keywords")]
    found = next((size for size in sizes if size), None)
    return found[0] if isinstance(found, list | tuple) else found
