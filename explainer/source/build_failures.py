"""A constructor that failed, in one sentence: its true cause, where it stands, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from explainer.errors import ASKED, UserError, at_line, said_by, text_of
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible
from explainer.source.devices import wants_a_card
from explainer.source.missing_packages import missing_package
from explainer.source.own_command_line import LACKS, Lacking

STRANGE = Bi(
    zh="“{name}”没有参数 {strange}：请检查 --arg 里的名称。",
    en="'{name}' takes no argument {strange}: check the names given with --arg.",
)
NO_SUPER = Bi(
    zh="构造“{name}”时出错{line}：它的 __init__ 还没有调用 super().__init__()，就给模型加了层。请把 super().__init__() 写在第一行。",
    en="Building '{name}' failed{line}: its __init__ adds layers before it has called super().__init__(). Make "
    "super().__init__() its first line.",
)
NO_CARD = Bi(
    zh="构造“{name}”时出错{line}：这里要用显卡，而这台机器上没有（{reason}）。请写成 device = "
    '"cuda" if torch.cuda.is_available() else "cpu"。',
    en="Building '{name}' failed{line}: it asks for a graphics card, and there is none here ({reason}). Write device = "
    '"cuda" if torch.cuda.is_available() else "cpu".',
)
DOWNLOADS = Bi(
    zh="构造“{name}”时出错{line}：它要下载文件（{reason}）。推导不需要预训练的权重：请关掉下载，例如 pretrained=False 或 weights=None。",
    en="Building '{name}' failed{line}: it wants to download something ({reason}). No trained weights are needed here: switch "
    "it off, for example with pretrained=False or weights=None.",
)
KEYBOARD = Bi(
    zh="构造“{name}”时出错{line}：它用input()等待键盘输入，这里没有人回答。请把这个值作为构造参数，用 --arg 给出。",
    en="Building '{name}' failed{line}: it waits for the keyboard (input()), and nobody answers here. Make the value an argument "
    "of the constructor, and give it with --arg.",
)
FAILED = Bi(zh="构造“{name}”时出错{line}：{reason}。{advice}", en="Building '{name}' failed{line}: {reason}.{advice}")
CHECK_ARG = Bi(zh="请检查 --arg 给的参数。", en=" Check the arguments given with --arg.")
TOO_LARGE = Bi(
    zh="构造“{name}”时要用到权重的数值（{reason}），而模型太大，无法实际构造。请去掉构造时的试运行，或用 --arg 改小。",
    en="Building '{name}' needs the values of its weights ({reason}), and it is too large to be built with them. Take the "
    "trial run out of its constructor, or make it smaller with --arg.",
)
_NETWORK = {"URLError", "HTTPError", "ConnectionError", "gaierror", "ConnectTimeout", "LocalEntryNotFoundError", "OfflineModeIsEnabled", "MaxRetryError", "SSLError"}  # fmt: skip


def build_failed(name: str, error: BaseException, given: Iterable[str] = ()) -> UserError:
    """What went wrong in a constructor. given: the names of the arguments that the user gave."""
    reason, line, names = said_by(error).rstrip("."), at_line(error), list(given)
    strange = re.search(r"unexpected keyword argument '(\w+)'", reason)
    if strange and strange[1] in names:
        return UserError(STRANGE.format(name=name, strange=strange[1]))
    if "Module.__init__() call" in text_of(error):
        return UserError(NO_SUPER.format(name=name, line=line))
    if isinstance(error, Lacking):
        return UserError(LACKS.format(path=name, reason=visible(text_of(error))))
    if ASKED in reason:
        return UserError(KEYBOARD.format(name=name, line=line))
    if missing := missing_package(error, name):
        return UserError(missing)
    if wants_a_card(error):
        return UserError(NO_CARD.format(name=name, line=line, reason=reason))
    if _network(error):
        return UserError(DOWNLOADS.format(name=name, line=line, reason=reason))
    return UserError(FAILED.format(name=name, line=line, reason=reason, advice=CHECK_ARG if names else same("")))


def too_large(name: str, error: BaseException) -> UserError:
    """It can only be built with values, and has too many."""
    return UserError(TOO_LARGE.format(name=name, reason=said_by(error).rstrip(".")))


def _network(error: BaseException | None) -> bool:
    return error is not None and (type(error).__name__ in _NETWORK or _network(error.__cause__ or error.__context__))
