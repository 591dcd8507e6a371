"""What is installed and works, and what to type for what is missing."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata

from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible
from explainer.render.pdf.write import pango_command
from explainer.torch_missing import torch_needed

NOT_HERE = Bi("没有安装：只能读已经写好的讲义（.json）", "not installed: finished lessons (.json) can be read")


@dataclass(frozen=True)
class Finding:
    """One part of the installation: whether it works, what was found, what to type if it does not."""

    name: Bi
    works: bool
    found: Bi
    advice: Bi | None = None
    required: bool = True


def findings() -> list[Finding]:
    """Every part in turn; nothing raises."""
    parts = (_python, _torch, _torchvision, _sympy, _pango, _fonts, _timm, _transformers, _onnx, _gguf)
    return [*(check() for check in parts), *_plug_ins()]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _python() -> Finding:
    return Finding(same("Python"), True, same(platform.python_version()))


def _torch() -> Finding:
    return _for_models("torch")


def _sympy() -> Finding:
    return _for_models("sympy")


def _for_models(package: str) -> Finding:
    """What makes lessons. Where PyTorch was left out on purpose, finished ones are read, and nothing is amiss."""
    if _version("torch") is None and _version(package) is None:
        advice = same(f"pip install {package}")
        return Finding(same(package), False, NOT_HERE, advice, required=False)
    return _importable(package, same(f"pip install {package}"))


def _importable(package: str, advice: Bi, required: bool = True) -> Finding:
    version = _version(package)
    if version is None:
        return Finding(same(package), False, Bi("没有安装", "not installed"), advice, required)
    try:
        __import__(package)
    except Exception as error:
        return Finding(same(package), False, same(f"{version}: {_line(error)}"), advice, required)
    return Finding(same(package), True, same(version), required=required)


def _torchvision() -> Finding:
    from explainer.errors import UserError

    version = _version("torchvision")
    if version is None:
        return _for_models("torchvision")
    try:
        with torch_needed():
            from explainer.source import torchvision_models as zoo

            zoo.torchvision()
    except UserError as error:
        return Finding(same("torchvision"), False, error.message, _matching())
    if zoo.repaired():
        found = Bi(
            f"{version}，编译算子与torch不配套，已绕过：分类模型都能用，检测模型不能运行",
            f"{version}, its compiled operators do not fit torch; worked around: classification models work, detection "
            "models cannot run",
        )
        return Finding(same("torchvision"), True, found, _matching())
    return Finding(same("torchvision"), True, same(version))


def _matching() -> Bi:
    """A torchvision that fits the installed torch: from the same index, of the same build."""
    build = (_version("torch") or "").partition("+")[2]
    if build.startswith("cpu"):
        return Bi(
            "从PyTorch官网的CPU软件源安装同一版本的torch和torchvision",
            "install torch and torchvision together from PyTorch's own CPU package index",
        )
    return same("pip install --force-reinstall torch torchvision")


def _pango() -> Finding:
    name = Bi("WeasyPrint与pango（PDF）", "WeasyPrint with pango (PDF)")
    version = _version("weasyprint")
    if version is None:
        return Finding(name, False, Bi("没有安装", "not installed"), same("pip install weasyprint"))
    try:
        import weasyprint
    except OSError as error:
        return Finding(name, False, same(f"{version}: {_line(error)}"), pango_command())
    return Finding(name, True, same(weasyprint.__version__))


def _fonts() -> Finding:
    from explainer.render.html.assets import templates_dir

    fonts = templates_dir() / "fonts"
    found = sorted(path.name for path in fonts.glob("*.ttf"))
    name = Bi("自带字体（宋体、黑体、西文、数学）", "bundled fonts (Song, Hei, Latin, math)")
    if len(found) < 5:
        return Finding(name, False, Bi("不完整", "incomplete"), same("pip install --force-reinstall explainer"))
    return Finding(name, True, Bi(f"{len(found)}个", f"{len(found)} files"))


def _plug_ins() -> list[Finding]:
    """Packages whose rules cannot be used; nothing where torch itself is missing."""
    try:
        from explainer import rules
    except ImportError:
        return []
    name = Bi("第三方规则", "plug-in of rules")
    return [
        Finding(
            name,
            False,
            same(visible(f"{entry}: {reason}")),
            Bi("升级或卸载这个包", "upgrade or uninstall that package"),
            required=False,
        )
        for entry, reason in rules.default_registry().broken
    ]


def _timm() -> Finding:
    return _optional("timm")


def _transformers() -> Finding:
    return _optional("transformers")


def _onnx() -> Finding:
    return _optional("onnx")


def _gguf() -> Finding:
    return _optional("gguf")


def _optional(package: str) -> Finding:
    version = _version(package)
    if version:
        return Finding(same(package), True, same(version), required=False)
    return Finding(
        same(package),
        False,
        Bi("没有安装（可选）", "not installed (optional)"),
        same(f"pip install {package}"),
        required=False,
    )


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
