"""Words of an answer in sentences: what a number is called, what sums up, what joins, and what leaves the answer open."""

from __future__ import annotations

import re
from typing import Literal

from explainer.homework.answers.lexicon import OPERATORS
from explainer.homework.answers.word_set import word_set
from explainer.homework.expressions import expression

Label = Literal["weights", "bias", "total", "each", "scale", "shift", "channels", "height", "width", "depth", "length"]

_LABELS: dict[Label, str] = {
    "weights": "weights weight weigth weigths wts kernelweights 权重 权重数 权重参数 权值 权 weight_ih weight_hh",
    "bias": "bias biases 偏置 偏置项 偏置数 偏差 偏移 偏置参数 截距",
    "total": "total totals sum altogether overall result answer ans finally all hence therefore thus so 总共 一共 合计 共计 总计 共 "
    "总和 总数 总参数量 总参数 总 加起来 相加 最终 最后 答案 答 结果 所以 因此 故 于是 综上 总的 总共有 共有",
    "each": "each per every one single 每 每个 每一个 单个 一个 各 各有",
    "scale": "gamma gammas scale scales γ 缩放 缩放系数",
    "shift": "beta betas shift shifts β 平移 平移系数",
    "channels": "channels channel depth filters filter maps map kernels 通道 通道数 个通道 个特征图 特征图 张特征图 深度 个 张 幅 "
    "输出通道 输出通道数 个输出通道 深 feature",
    "height": "height high tall rows 高 高度 高为",
    "width": "width wide cols columns 宽 宽度 宽为",
    "length": "length long positions 长度 长 个位置",
}
LABELS: dict[str, Label] = {word: label for label, words in _LABELS.items() for word in words.split()}
OPEN = frozenset(
    [
        "or",
        "either",
        "not",
        "isnt",
        "maybe",
        "perhaps",
        "possibly",
        "between",
        "neither",
        "except",
        "unless",
        "guess",
        "unsure",
        "unknown",
        "或",
        "或者",
        "或是",
        "要么",
        "可能",
        "也许",
        "至少",
        "至多",
        "最多",
        "最少",
        "不足",
        "以上",
        "以下",
        "不确定",
        "不知道",
        "之间",
        "大于",
        "小于",
        "不是",
        "并非",
        "不等于",
        "超过",
        "不到",
        "多于",
        "少于",
    ]
)
"""An answer with one of these names more than one number, or none."""
MOST = ("最多", "最少")
STILL = "还是"  # "or" between two numbers; before one, with none in front of it, "still"
BOUNDS = word_set(
    "least than up most range below above under over exceeds lower upper minimum maximum min max at_least at_most"
)
"""So has one of these beside its number; beside another word they say something else: max pooling."""
PLACED = word_set("over under up above below range")
"""These stand behind other words for a place: normalized over 8×16×16."""
LEADING = word_set("is are was be its just slightly little bit well somewhat far a of probably it and")
LINKS = word_set("of to is the a about around at")
WITHOUT = frozenset(
    [
        "without",
        "excluding",
        "no",
        "non",
        "minus",
        "less",
        "except",
        "ignoring",
        "不含",
        "不计",
        "不算",
        "没有",
        "无",
        "不包括",
        "不带",
        "除去",
        "未计",
    ]
)
SUBJECTS = frozenset(["bias", "biases", "偏置", "偏置项"])
JOINS = frozenset(
    [
        "and",
        "with",
        "then",
        "so",
        "thus",
        "hence",
        "therefore",
        "which",
        "giving",
        "since",
        "because",
        "so,",
        "while",
        "but",
        "where",
        "和",
        "与",
        "以及",
        "所以",
        "因此",
        "故",
        "则",
        "其中",
        "因为",
        "再",
        "然后",
        "共",
        "总共",
        "一共",
        "合计",
        "共计",
        "总计",
        "得",
        "即",
    ]
)
DENIED = frozenset(
    [
        "counted",
        "included",
        "including",
        "counting",
        "considered",
        "learned",
        "learnable",
        "trained",
        "trainable",
        "needed",
        "used",
        "have",
        "has",
        "having",
        "matter",
        "change",
        "changed",
        "affect",
        "count",
        "include",
        "with",
        "any",
        "a",
        "change.",
        "zero",
        "padded",
        "padding",
    ]
)
"""Behind "not" they speak of something beside the figure: not counted, not trainable."""
NEGATIONS = frozenset(["not", "isnt", "arent", "doesnt", "dont", "不是", "并非"])
NO_SUBJECT = word_set(
    "this it that these those answer ans number result i im am is are was we you the a an my total value sum so and but or maybe do "
    "does really think here 这 这个 它 我 答案 结果 所以 但 而 也 应该 可能 或 就"
)
"""Words that name nothing which a negation could be about but the figure itself."""
ONE = frozenset(["one", "a", "an", "1个", "一个", "一"])
PLACES = frozenset(["layer", "step", "stage", "block", "part", "question", "figure", "example"])
"""Behind them a small number says which one."""
NUMBERED = word_set(
    "conv convolution fc linear dense bn block stage hidden lstm gru pool "
    "卷积 卷积层 全连接 全连接层 线性层 隐藏层 隐层 池化 池化层 归一化层 层 块 阶段 分组卷积 逐点卷积 深度卷积 转置卷积"
)
"""Names of layers: a small number right behind says which of them."""
BEHIND_HYPHENS = word_set(
    "free less wise adds add accumulates accumulate trainable learnable dimensional dim pooling connected layer level only zero by "
    "channels channel features feature units size sizes dim dims neurons"
)
"""What makes one word with the word before its hyphen: bias-free, multiply-adds; anything else may be a difference."""
COUNTING = frozenset(
    [
        "weights",
        "weight",
        "biases",
        "bias",
        "params",
        "parameters",
        "filters",
        "channels",
        "kernels",
        "neurons",
        "个",
        "层",
    ]
)
CHINESE = sorted(
    {word for word in (*LABELS, *OPEN, *WITHOUT, *JOINS, *OPERATORS) if not word.isascii()}
    | {
        "加上",
        "加",
        "再加",
        "乘以",
        "乘",
        "减去",
        "减",
        "除以",
        "等于",
        "得到",
        "得",
        "即",
        "为",
        "共",
        "约",
        "大约",
        "约为",
        "乘加",
        "乘加运算",
        "乘加次数",
        "乘法",
        "加法",
        "乘积",
        "第",
        STILL,
        "范围",
        "边长",
        "尺寸",
    },
    key=lambda word: (-len(word), word),
)
SPLIT = expression("|".join(map(re.escape, CHINESE)))


def pieces(word: str) -> list[tuple[str, int]]:
    """A run of Chinese characters in its words, each with its place: 个权重加 → 个权重, 加; what is no word here stays whole."""
    found: list[tuple[str, int]] = []
    at = 0
    for match in SPLIT.finditer(word):
        if match.start() > at:
            found.append((word[at : match.start()], at))
        found.append((match.group(), match.start()))
        at = match.end()
    if at < len(word):
        found.append((word[at:], at))
    return found
