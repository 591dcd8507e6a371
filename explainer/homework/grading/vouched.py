"""Whether the words around the right figure let it stand: what nothing in the answer proves must be said of the right thing, in known words.

A derivation speaks for itself. A bare number does not: `2432 gates`, `比2432多`, `2432 is wrong` name the right figure, and say
something else. A noun that is not known to fit leaves the answer to the teacher; it is never a reason to mark it wrong.
"""

from __future__ import annotations

import re

from explainer.homework.answers.units import unit_named
from explainer.homework.answers.word_set import word_set
from explainer.homework.expressions import expression
from explainer.homework.grading.per_one import MOST, ungrouped
from explainer.vocabulary.quantity import Quantity

_DENIED = expression(
    r"\b(?:wrong|incorrect|false|mistaken|untrue|never|cannot\s+be|can['’]?t\s+be|nowhere|far\s+from|unlikely|doubt)\b"
    r"|错误|错了|是错|不对|有误|不正确|不可能|并不|不会是|算错|没算|不等于|不成立",
    re.IGNORECASE,
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_UNDENIED = expression(
    r"对不对|是不是对|没有?算错|没错|没有错|不会错|无误|not wrong|if i'?m not (?:wrong|mistaken)", re.IGNORECASE
)
_FINAL = expression(
    r"(?:(?:正确|最终|最后|正解)(?:的)?(?:答案|结果)?|(?:right|correct|final)\s+(?:answer|result|one|value))\s*(?:应?是|应?为|is|=|:|：)?\s*"
)
_MEANT = expression(r"(?:应该?是|应当?为|改为|改成|而是|should\s+be|it\s+is|it['’]s|correct(?:ed)?\s+to)\s*[:：]?\s*")
_COMPARED = expression(
    rf"比\s*{_NUMBER}[^,，。;；]{{0,6}}?[多大少小高低]|没有?\s*{_NUMBER}[^,，。;；\d]{{0,3}}?(?:这么|那么)"
    rf"|(?:超过|不到|不足|小于|大于|少于|多于|高于|低于)\s*{_NUMBER}"
    rf"|{_NUMBER}[^,，。;；\d]{{0,4}}?(?:以上|以下|开外|有余|不到|不止)"
    rf"|\b(?:more|less|fewer|greater|larger|smaller|higher|lower)\s+(?:\w+\s+)?than\s+{_NUMBER}"
    rf"|{_NUMBER}\s*(?:and|plus)\s+{_NUMBER}\s+(?:more|extra|others?)\b"
    rf"|{_NUMBER}\s*(?:or\s+(?:more|less|so)|at\s+(?:most|least)|plus\s+something)\b",
    re.IGNORECASE,
)
_INSTEAD = expression(
    r"\b(?:but|however|actually|instead|rather|now|later|correction|should\s+(?:be|have)|sorry|wait|no,)\b|但|不过|现在|后来|改成|改正|其实|而是|改为|应为|应该是|更正|划掉",
    re.IGNORECASE,
)
_CLAUSE = expression(r"[,，;；。:：!！?？\n=≈()（）\[\]→]|\.(?!\d)|->|=>")
_COMPUTED = expression(
    r"[\d)）a-z²³]\s*[+\-*/^×·xX＋*−÷加减乘]\s*[\d(（a-z]|\d[^,;.=\n\d]{0,40}(?:\b(?:plus|times|and)\b|加)\D{0,20}\d",
    re.IGNORECASE,
)
_SETTING = expression(r"\b\w+\s*=\s*(?:True|False|None)\b")
_WORD = expression(r"[A-Za-z][A-Za-z'’-]*|[\u3400-\u9fff]+|\S")
_EXCEPT = word_set("without excluding except minus less not no non ignoring")
_STOPS = word_set(
    "in for of with and because since when as which that i.e e.g at per on by from if including incl plus so where after before is are "
    "would should since to this it there here using thanks via among across among then hence thus therefore but while both all if each "
    "w b we you i the made counting counted assuming given they these those its has have had being under over through due"
)
_HARMLESS = word_set(
    "total totals altogether overall only just exactly precisely approximately approx about roughly ish or-so sum result answer ans final "
    "value values number numbers figure count entries elements scalars learnable trainable learned trained free tunable different "
    "distinct individual separate unique independent floating-point float float32 fp32 real double-checked checked right correct ok "
    "okay yes done sir teacher please lol haha i think guess hope sure maybe probably combined together q a qed exact floats"
)
_OF: dict[Quantity, frozenset[str]] = {
    "params": word_set("parameter parameters params param parms weights weight coefficients coefficient variables"),
    "weights": word_set("weights weight parameters params connections coefficients multiplicative"),
    "bias": word_set("bias biases terms term offsets offset parameters params"),
    "macs": word_set(
        "mac macs multiply-accumulate multiply-accumulates multiply-add multiply-adds multiply-accumulation mult-adds madds operations ops "
        "multiplications multiplication multiply accumulate accumulates add adds times mults"
    ),
    "flops": word_set("flop flops operations operation ops floating point multiplications additions mults adds"),
    "activations": word_set("activations activation outputs output units neurons numbers features pixels"),
    "bytes": word_set("byte bytes b memory storage"),
}
_ZH_HARMLESS = (
    "个 的 了 吧 呢 啊 呀 哦 左右 整 次 总 总共 一共 合计 共 约 大约 才 而已 就是 即 可 需要 需 要 被 学习 训练 可学习 可训练 量 数 数量 "
    "元素 数字 数值 值 标量 浮点 不同 答 完毕 完 谢谢 老师 我 觉得 认为 算 出来 得 是 为 包括 含 其中 包含 全部 所有 都 均 并且 且 "
    "没有 无 不 不含 不计 不算 带 有 偏置 偏置项 因为 由于 所以 因此 故 如果 按 这 那 一层 这层 该层 本层 用 来自 每 刚好 正好 恰好 也"
)
_ZH_OF: dict[Quantity, str] = {
    "params": "参数 权重 权值 参数量 变量 系数 权重参数 参数个数",
    "weights": "参数 权重 权值 连接 系数",
    "bias": "参数 偏置 偏置项 偏移",
    "macs": "乘加 乘法 运算 乘加运算 乘累加 计算 计算量 操作 乘 加 累加 乘积",
    "flops": "浮点 浮点运算 运算 计算 计算量 操作 乘法 加法",
    "activations": "激活 输出 激活值 神经元 特征 像素 单元",
    "bytes": "字节 内存 空间 大小 存储",
}
_HEADS = expression(  # number of filters: 2432; in "32 filters: 2432" they are counted already
    r"(?<![\d ] )(?<!per )(?<!each )(?<!output )\b(?:filters?|kernels?|neurons?|units?|gates?|heads?|channels?|words?|tokens?|images?|pixels?|epochs?|layers|samples?|classes|steps?)"
    r"\s*(?:is|are|=|:|≈|equals)?\s*$|(?<!\d)(?<!\d个)(?<!每个)(?:个数|数量|卷积核|通道|神经元|单元|样本|步|层(?=数))数?\s*(?:是|为|=|:|：|有)?\s*$",
    re.IGNORECASE,
)
_ONE_HAS = expression(
    r"(?<!\d )\b(?:filter|kernel|neuron|unit|gate|head|channel)\s+(?:has|contains|gets|holds)\s*$", re.IGNORECASE
)
_OF_PARAMETERS = expression(
    r"\bsum\b|\ball\b|param|weight|参数|权重|total|number of (?:all|learn|train)|mac|flop|乘加|运算", re.IGNORECASE
)


def vouched(text: str, value: int, quantity: Quantity) -> bool:
    """Whether the last mention of the right figure stands for the answer.

    >>> [vouched(text, 2432, "params") for text in ("2432 params", "2432 gates", "32·76 = 2432 gates", "比2432多")]
    [True, False, True, False]
    """
    said = _SETTING.sub(",", ungrouped(text[-MOST:]))
    denied = [match.end() for match in _DENIED.finditer(_UNDENIED.sub(_blank, said))]
    if denied and not (
        re.search(rf"{_FINAL.pattern}{value}(?!\d)", said, re.IGNORECASE)
        or re.search(rf"{_MEANT.pattern}{value}(?!\d)", said[denied[-1] :], re.IGNORECASE)
    ):
        return False
    if any(str(value) in match.group() for match in _COMPARED.finditer(said)):
        return False
    found = [match for match in re.finditer(r"(?<![\d.])\d+(?:\.\d+)?", said) if match.group() == str(value)]
    if not found:
        return True
    rest = said[found[-1].end() :]
    instead = _INSTEAD.search(rest)
    if instead is not None and _names_another(rest[instead.end() :], value):
        return False
    if _COMPUTED.search(said[: found[-1].start()]):
        return True
    return any(_stands(said[: match.start()], said[match.end() :], value, quantity) for match in found)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _stands(before: str, behind: str, value: int, quantity: Quantity) -> bool:
    """Whether one mention of the figure is of what was asked for."""
    head = _HEADS.search(before[-40:])
    if value > 2 and head and not _OF_PARAMETERS.search(before[-40:]):
        return quantity in ("activations", "shape")
    if _ONE_HAS.search(before[-40:]):
        return False
    return _fits(_CLAUSE.split(behind)[0], quantity)


def _names_another(rest: str, value: int) -> bool:
    """Whether another number stands there as what is meant."""
    clause = re.split(r"[;；。\n]|\.(?!\d)", rest)[0]
    return any(int(number) != value for number in re.findall(r"\d{2,18}", clause))


def _fits(clause: str, quantity: Quantity) -> bool:
    """Whether what stands behind the figure, up to a word that begins something else, is what was asked for."""
    allowed = _HARMLESS | _OF.get(quantity, frozenset())
    bias = quantity == "bias"
    for at, word in enumerate(_WORD.findall(clause)):
        lower = word.lower()
        if not word[0].isalpha():
            return True
        if not word.isascii():
            return _fits_in_chinese(word, quantity)
        if lower in _EXCEPT:
            return _left_out(clause, lower)
        if lower in _STOPS:
            return True
        if lower in ("bias", "biases") and not bias:
            return False
        unit = unit_named(word)
        if (
            lower not in allowed
            and not (unit is not None and unit.fits(quantity))
            and not (at and lower.endswith("ly"))
        ):
            return False
    return True


def _left_out(clause: str, word: str) -> bool:
    """`without the bias`, `not counting biases`; nothing is left out that nobody can name."""
    rest = clause.lower().partition(word)[2]
    return not re.search(r"\b(?:half|third|quarter|some|part|most|one|additions?|multiplications?|weights?)\b|\d", rest)


def _fits_in_chinese(run: str, quantity: Quantity) -> bool:
    known = sorted({*_ZH_HARMLESS.split(), *_ZH_OF.get(quantity, "").split()}, key=len, reverse=True)
    at = 0
    while at < len(run):
        size = next((len(word) for word in known if run.startswith(word, at)), 0)
        size = size or next((n for n in range(min(6, len(run) - at), 0, -1) if unit_named(run[at : at + n])), 0)
        if not size:
            return False
        at += size
    return True
