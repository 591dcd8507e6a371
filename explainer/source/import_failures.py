"""A user's file that cannot be imported, in one sentence: the true cause, its line, and what to do."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from explainer.errors import UserError, said_by, text_of
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.source.devices import wants_a_card
from explainer.source.missing_packages import missing_package
from explainer.source.own_command_line import LACKS, Lacking

PREFIX = "explainer_user_"  # not the file's own name: a file called json.py must not replace json
NO_MODULE = Bi(
    zh="找不到Python模块“{path}”：请检查拼写，或改用 文件.py:类名 的写法。",
    en="There is no Python module '{path}': check the spelling, or write file.py:Class.",
)
FAILED_AT = Bi(
    zh='导入 {path} 时在第{line}行出错：{reason}。请先让它能单独运行（训练代码放到 if __name__ == "__main__" 下）。',
    en="Importing {path} failed at line {line}: {reason}. Make it run by itself first (training code belongs "
    'under if __name__ == "__main__").',
)
FAILED = Bi(
    zh="导入 {path} 时出错：{reason}。请先让它能单独运行。",
    en="Importing {path} failed: {reason}. Make it run by itself first.",
)
SYNTAX = Bi(
    zh="{path} 的第{line}行不符合Python语法：{reason}。请先改正。",
    en="{path} is not valid Python at line {line}: {reason}. Correct it first.",
)
RELATIVE = Bi(
    zh="{path} 的第{line}行按相对路径导入，而那里没有这样的文件或文件夹（{reason}）：请检查，或者到包的上一层文件夹，写成 {dotted}。",
    en="{path} imports relatively at line {line}, and there is no such file or folder ({reason}): check it, or go to the folder above "
    "the package and write {dotted}.",
)
NO_CARD = Bi(
    zh='{path} 的第{line}行要用显卡，而这台机器上没有（{reason}）：请写成 device = "cuda" if torch.cuda.is_available() else "cpu"。',
    en="{path} asks for a graphics card at line {line}, and there is none here ({reason}): write device = "
    '"cuda" if torch.cuda.is_available() else "cpu".',
)


def import_failed(path: str, error: BaseException) -> UserError:
    """What went wrong while a file was imported."""
    reason, line = said_by(error).rstrip("."), _line(path, error)
    relative = isinstance(error, ImportError) and ("relative import" in reason or str(error.name).startswith(PREFIX))
    if relative and line:
        reason = re.sub(rf"{PREFIX}\w*\.?", "", reason)
        return UserError(RELATIVE.format(path=path, line=line, reason=reason, dotted=_dotted(Path(path))))
    if missing := missing_package(error, visible(path)):
        return UserError(missing)
    if isinstance(error, Lacking):
        return UserError(LACKS.format(path=path, reason=visible(text_of(error))))
    if line is None:
        return UserError(FAILED.format(path=path, reason=reason))
    if isinstance(error, SyntaxError):
        return UserError(SYNTAX.format(path=path, line=line, reason=reason))
    if wants_a_card(error):
        return UserError(NO_CARD.format(path=path, line=line, reason=reason))
    return UserError(FAILED_AT.format(path=path, line=line, reason=reason))


def _line(path: str, error: BaseException) -> str | None:
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(path).name in Path(frame.filename).name
    ]
    line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else None)
    return str(line) if isinstance(line, int) else None


def _dotted(path: Path) -> str:
    home = path.resolve()
    parts = [home.stem]
    while (home := home.parent) != home.parent and (home / "__init__.py").is_file():
        parts.insert(0, home.name)
    parts = parts if len(parts) > 1 else [path.resolve().parent.name, *parts]
    return ".".join(parts) + ":Net"
