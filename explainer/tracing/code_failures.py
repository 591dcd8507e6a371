"""A forward that broke because of how it is written, not of what it was given: named where it stands."""

from __future__ import annotations

import difflib
import re
import traceback

from torch import nn

from explainer.errors import at_line, is_users, said_by, text_of
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible
from explainer.tracing.call import ForwardFailed

UNDEFINED = Bi(
    zh="这里用到 self.{name}{line}，而{kind}里没有定义它。{near}请在 __init__ 里定义，或改正拼写。",
    en="self.{name} is used{line}, and {kind} has no such attribute.{near} Define it in __init__, or correct the spelling.",
)
NEAR = Bi(zh="名称相近的有 {near}。", en=" It has {near}.")
ENDLESS = Bi(
    zh="模块套得太深，或者forward不停地调用自己（{reason}）。",
    en="the modules are nested too deeply, or a forward calls itself without end ({reason}).",
)
NO_FORWARD = Bi(
    zh="{kind}没有定义forward。{near}请定义 def forward(self, x)。",
    en="{kind} defines no forward.{near} Define def forward(self, x).",
)
NO_KEY = Bi(
    zh="这里要用键{key}{line}，而字典里没有。请检查输入的字典，或改正代码。",
    en="the key {key} is used{line}, and the dictionary does not have it. Check the dictionary that is given as input, or correct the code.",
)
A_TUPLE = Bi(
    zh="这里得到的是元组，不是张量{line}：{reason}。nn.LSTM、nn.GRU等返回输出和状态两项，请先取出其中的张量。",
    en="this step gets a tuple, not a tensor{line}: {reason}. nn.LSTM, nn.GRU and others return (output, state): take the tensor out first.",
)
WRITTEN = Bi(
    zh="代码出错{line}：{reason}。请改正模型的代码。", en="the code fails{line}: {reason}. Correct the model's code."
)
REFUSED = Bi(
    zh="模型自己的检查没有通过{line}：{reason}。请检查{what}。",
    en="a check of the model's own fails{line}: {reason}. Check {what}.",
)
INPUT_OR_CODE = Bi(" --input，或模型的代码", "--input, or the model's code")
THE_CODE = Bi("模型的代码", "the model's code")
_OF_THE_CODE = (NameError, ImportError, ZeroDivisionError, AttributeError, NotImplementedError, OSError)


def of_the_code(failure: ForwardFailed, *, inputs_fit: bool = False) -> Bi | None:
    """The sentence for a mistake in the code, or None where the input may be to blame. inputs_fit: it is known not to be."""
    error = failure.cause
    line, reason = at_line(error), said_by(error).rstrip(".")
    if isinstance(error, RecursionError):
        return ENDLESS.format(reason=reason)
    missing = re.search(r"^'(\w+)' object has no attribute '(\w+)'", text_of(error))
    if isinstance(error, AttributeError) and missing:
        owner = next((module for module in failure.root.modules() if type(module).__name__ == missing[1]), None)
        if owner is not None:
            return _undefined(owner, missing[2], line)
    if isinstance(error, NotImplementedError) and 'required "forward"' in reason:
        return _no_forward(failure)
    if isinstance(error, KeyError) and line.en:
        return NO_KEY.format(key=visible(text_of(error))[:80], line=line)
    if re.search(r"must be Tensor, not tuple|^\w+: 'tuple' object has no attribute", reason):
        return A_TUPLE.format(line=line, reason=reason)
    if isinstance(error, AssertionError) or (line.en and _raised_by_itself(error)):
        return REFUSED.format(line=line, reason=reason, what=THE_CODE if inputs_fit else INPUT_OR_CODE)
    if isinstance(error, _OF_THE_CODE) and line.en and not _of_torch(error):
        return WRITTEN.format(line=line, reason=reason)
    return None


def _no_forward(failure: ForwardFailed) -> Bi:
    kind = type(failure.module)
    close = difflib.get_close_matches("forward", [name for name in vars(kind) if callable(getattr(kind, name))], n=1)
    return NO_FORWARD.format(kind=kind.__name__, near=NEAR.format(near=close[0]) if close else same(""))


def _undefined(owner: nn.Module, name: str, line: Bi) -> Bi:
    known = [*owner._modules, *owner._parameters, *owner._buffers, *(key for key in vars(owner) if key[0] != "_")]
    close = difflib.get_close_matches(name, known, n=2)
    near = NEAR.format(near=", ".join(f"self.{one}" for one in close)) if close else same("")
    return UNDEFINED.format(name=name, kind=type(owner).__name__, line=line, near=near)


def _raised_by_itself(error: BaseException) -> bool:
    """Whether the user's own code says `raise` where the error began: torch, and the input's shape with it, is not at fault."""
    *_, began = traceback.extract_tb(error.__traceback__)
    return is_users(began.filename) and bool(re.search(r"(?:^|:)\s*raise\b", began.line or ""))


def _of_torch(error: BaseException) -> bool:
    """Whether torch itself has no way to do it (an operator without shapes), which is no mistake."""
    return isinstance(error, NotImplementedError) and "aten::" in text_of(error)
