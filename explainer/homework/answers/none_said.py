"""An answer that says in words that there are none: `没有参数`, `none`, `pooling has no learnable parameters`. It is read as 0.

One clause must say so completely, of the figure that is asked for or of nothing in particular; the clauses beside it may explain, but
neither count nor take it back. Digits leave it to the other readers.
"""

from __future__ import annotations

import re

from explainer.homework.answers.word_set import word_set
from explainer.homework.expressions import expression
from explainer.vocabulary.quantity import Quantity

LONGEST = 200  # characters
_BEFORE = expression(r"^(?:答案?|answer|ans)\s*(?:是|为|is|[:：])\s*", re.IGNORECASE)
_FLAG = expression(r"bias\s*=\s*false", re.IGNORECASE)
_OR = expression(r"(?<=weights )(?:n?or|and)(?= bias)|(?<=权重)[或和、与](?=偏置)")
_OPEN = expression(
    r"\b(?:or|maybe|perhaps|possibly|guess|unsure|sure|either|except|unless|but|idea|unknown)\b|可能|也许|或|不确定|不知道|大概|应该|除了|但"
)
_CLAUSES = expression(
    r"[,，;；。、:：()（）!！\n]|\.(?=\s|$)|(?:\b(?:so|because|since|as|hence|therefore)\b)|因为|所以|因此|故"
)
_DENIES = word_set(
    "no none zero nil nothing without hasnt havent doesnt isnt arent not 没有 无 没 零 不含 不包含 不带 不存在 并没有 不需要 不用 无需 均无"
)
_TWICE = word_set("not hasnt havent doesnt isnt arent")
_OF: dict[str, frozenset[str]] = {
    "params": word_set(
        "param params parameter parameters 参数 参数量 参数个数 参数数量 学习参数 可学习参数 可训练参数 可学参数 需要学习的参数 待学习参数"
    ),
    "weights": word_set("weight weights 权重 权重参数 权值 权"),
    "bias": word_set("bias biases 偏置 偏置项 偏置参数"),
    "macs": word_set(
        "mac macs multiplication multiplications multiply-accumulates multiply-adds 乘法 乘加 乘加运算 计算量 运算"
    ),
    "flops": word_set("flop flops operations 浮点运算 运算 计算量"),
    "bytes": word_set("byte bytes memory storage 字节 内存 存储空间 存储 空间"),
}
_ALIKE: dict[Quantity, tuple[str, ...]] = {
    "params": ("params",),
    "weights": ("weights", "params"),
    "bias": ("bias", "params"),
    "macs": ("macs",),
    "flops": ("flops", "macs"),
    "bytes": ("bytes", "params"),
}
_FILLERS = word_set(
    "a an the it its this that these layer layers has have is are there any all at in of to be does do just only here whole for "
    "number total count learnable trainable learned trained train learn need needed needs pooling pool max maxpool maxpooling average "
    "avg avgpool relu bn batchnorm norm normalization activation dropout flatten function contains contain with which own itself "
    "批归一化 批归一化层 归一化 归一化层 层归一化 这 这层 这一层 该 该层 本层 此层 层 它 池化 池化层 最大池化 最大池化层 平均池化 平均池化层 全局 激活 激活层 激活函数 展平层 展平 里 里面 "
    "中 是 为 有 任何 的 可 可学习 可学习的 可训练 可训练的 需要 需 学习 学习的 训练 训练的 要 要学的 学 个 量 数 个数 一个 也 都 就 本身 "
    "总共 一共 共 什么 啊 了 呀 哦 其 操作 运算 只 只是 没有任何"
)
_CHINESE = sorted(
    {word for words in (_FILLERS, _DENIES, *_OF.values()) for word in words if not word.isascii()},
    key=lambda word: (-len(word), word),
)
_WORDS = expression(rf"[A-Za-z][A-Za-z-]*|{'|'.join(_CHINESE)}|[^\s\W]|\S")


def says_none(text: str, quantity: Quantity) -> bool:
    """Whether the answer says that there are none of what is asked for.

    >>> says_none("没有参数", "params"), says_none("no bias", "params"), says_none("not none", "params")
    (True, False, False)
    """
    if len(text) > LONGEST or quantity not in _ALIKE or any(char.isdigit() for char in text):
        return False
    plain = _FLAG.sub("", text.replace("'", "").replace("’", "").lower().strip("。.!！ \n"))
    plain = _OR.sub(" ", _BEFORE.sub("", plain))
    if _OPEN.search(plain) or "=" in plain:
        return False
    clauses = [words for clause in _CLAUSES.split(plain) if (words := _WORDS.findall(clause))]
    said = [_denied(words, quantity) for words in clauses]
    both = [_denied(words, "weights") or _denied(words, "bias") for words in clauses]
    if quantity == "params" and not any(said) and sum(both) > 1:  # 没有权重，也没有偏置
        said = both
    counted = frozenset().union(*_OF.values())
    return any(said) and all(
        denied or not counted.intersection(words) for denied, words in zip(said, clauses, strict=True)
    )


def _denied(words: list[str], quantity: Quantity) -> bool:
    """Whether one clause denies just what is asked for, once."""
    subjects = {name for name, of in _OF.items() if of.intersection(words)}
    denials = [word for word in words if word in _DENIES]
    known = all(word in _FILLERS or word in _DENIES or any(word in of for of in _OF.values()) for word in words)
    fits = not subjects or bool(subjects.intersection(_ALIKE[quantity])) or subjects >= {"weights", "bias"}
    twice = len(denials) > 1 and bool(_TWICE.intersection(denials))
    if not subjects and "not" in words:
        return False
    return (
        known
        and bool(denials)
        and fits
        and not twice
        and (len(words) > 1 or words[0] not in _TWICE | {"没", "without"})
    )
