"""What is refused of a walkthrough from a stranger, so that reading one is bounded; each a sentence."""

from __future__ import annotations

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

BYTES = 32 * 2**20  # Llama-3-405B takes 5 MB
LAYERS = 100_000  # of the shortest kind as many as BYTES hold; read in time proportional to their number
DEPTH = 64
NODES = 2_000
VALUE = 10**40
TEXT = 20_000

NOT_OURS = Bi(
    zh="{path}不是explainer写出的讲义文件：其中没有可用的walkthrough（{reason}）。请用 explain MODEL -o {path} 重新生成。",
    en="{path} is not a lesson that explainer wrote: it holds no usable walkthrough ({reason}). "
    "Make it anew with explain MODEL -o {path}.",
)
NO_FILE = Bi(zh="没有这个文件：{path}。请检查路径。", en="There is no file {path}: check the path.")
CLOSED = Bi(zh="{path} 无法读取：{reason}。", en="{path} cannot be read: {reason}.")
TOO_OLD = Bi(
    zh="{path}是旧版explainer写的（schema {schema}），不含推导过程，无法由它生成讲义。请用现在的版本重新运行 explain MODEL -o {path}。",
    en="{path} was written by an older explainer (schema {schema}): it holds no derivations to make a lesson from. "
    "Run explain MODEL -o {path} again with this version.",
)
TOO_NEW = Bi(
    zh="{path}是更新版本的explainer写的（格式{format}），这个版本无法读取。请升级explainer。",
    en="{path} was written by a newer explainer (format {format}), which this version cannot read: upgrade explainer.",
)
TOO_MANY = Bi("超过100,000步", "more than 100,000 steps")
TOO_DEEP = Bi("公式嵌套过深或过长", "a formula is nested too deeply or too long")
TOO_LARGE = Bi("有一个数大到不可能是真的", "a number is too large to be true")
TOO_LONG = Bi("有一段文字过长", "a text is too long")
NO_INDEX = Bi("引用了不存在的条目", "an entry points at one that is not there")
NO_VALUE = Bi("有一个公式算不出整数值", "a formula does not come out as a whole number")
NO_RULE = Bi("有一步的规则和推导缺了一样", "a step has a rule without what it says, or the reverse")
NO_FORM = Bi("有一个公式或参数的写法不认识", "a formula or an argument is written in an unknown way")


class Refused(Exception):
    """What is wrong with the file, in both languages."""

    def __init__(self, reason: Bi) -> None:
        super().__init__(reason.en)
        self.reason = reason


def refused(path: str, reason: Bi) -> UserError:
    """The sentence for the user."""
    return UserError(NOT_OURS.format(path=path, reason=reason))
