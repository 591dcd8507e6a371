"""What to say where a figure is asked for that nobody has measured: a file holds only what was wanted when it was made."""

from __future__ import annotations

from collections.abc import Mapping

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.measured import Want

NOT_MEASURED = Bi(
    zh="这份推导里没有测量{what}：请对模型本身加上 {option} 重新生成。",
    en="{what} was not measured in this walkthrough; make it anew from the model, with {option}.",
)
_MEMORY = "--show memory"
WHAT: Mapping[Want, tuple[Bi, str]] = {
    "memory": (Bi("推理时的内存", "The memory of inference"), _MEMORY),
    "training": (Bi("训练时的内存", "The memory of training"), _MEMORY),
    "kv_cache": (Bi("KV缓存", "The KV cache"), _MEMORY),
    "saved_file": (Bi("保存成文件的大小", "The size of the saved file"), _MEMORY),
    "file_on_disk": (Bi("实际保存的文件", "The file, saved for real,"), "--measure"),
    "in_symbols": (Bi("总数与输入大小的关系", "How the totals go with the input's size"), _MEMORY),
    "batch": (Bi("批量的影响", "What another batch changes"), "--batch"),
    "counters": (Bi("各工具给出的数", "What the tools print"), "--ledger"),
}


class NotMeasured(UserError):
    """A figure that this walkthrough does not have, because nobody wanted it when the model was there."""

    def __init__(self, want: Want) -> None:
        what, option = WHAT[want]
        super().__init__(NOT_MEASURED.format(what=what, option=option))
        self.want = want
