"""What may stand behind a number: multiples (2.36M, 236万), sizes of memory (528 MiB), and what is counted (个, MACs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explainer.vocabulary.quantity import Quantity

Of = Literal["", "count", "bytes", "bits", "macs", "flops", "params"]


@dataclass(frozen=True)
class Unit:
    """name: as written; factor: how many of the basic unit; of: what is counted ("" for a bare multiple)."""

    name: str
    factor: int = 1
    of: Of = ""

    def fits(self, quantity: Quantity) -> bool:
        """Whether a figure of this quantity may be given so: a multiple may stand behind anything."""
        if self.name in TIMES:  # operations are done so many times
            return quantity in ("macs", "flops")
        if self.of in ("", "count"):
            return True
        return {"bytes": self.of in ("bytes", "bits")}.get(quantity, quantity == self.of) or (
            self.of == "params" and quantity in ("weights", "bias")
        )


TIMES = frozenset(["次", "次运算", "times", "万次", "亿次", "千次", "百万次"])
THOUSANDS = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
MULTIPLES: dict[str, int] = {
    "M": 10**6,
    "K": 10**3,
    "k": 10**3,
    "G": 10**9,
    "T": 10**12,
    "million": 10**6,
    "millions": 10**6,
    "mio": 10**6,
    "billion": 10**9,
    "thousand": 10**3,
    "bn": 10**9,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "萬": 10**4,
    "十万": 10**5,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "億": 10**8,
    "十亿": 10**9,
    "百亿": 10**10,
    "千亿": 10**11,
    "万亿": 10**12,
}
SIZES: dict[str, Unit] = {
    **{f"{prefix}B": Unit(f"{prefix}B", factor, "bytes") for prefix, factor in (THOUSANDS | BINARY).items()},
    **{f"{prefix}b": Unit(f"{prefix}b", factor, "bits") for prefix, factor in (THOUSANDS | BINARY).items()},
    **{f"{prefix}bit": Unit(f"{prefix}bit", factor, "bits") for prefix, factor in (THOUSANDS | BINARY).items()},
    **{f"{prefix}byte": Unit(f"{prefix}B", factor, "bytes") for prefix, factor in (THOUSANDS | BINARY).items()},
    **{word: Unit("B", 1, "bytes") for word in ("byte", "bytes", "Byte", "Bytes", "字节", "个字节", "位元组")},
    **{word: Unit("bit", 1, "bits") for word in ("bit", "bits", "Bit", "Bits", "比特", "个比特", "二进制位", "位")},
    **{
        f"{word}{ending}": Unit(name, factor, "bytes")
        for word, name, factor in (
            ("kilobyte", "KB", 10**3),
            ("megabyte", "MB", 10**6),
            ("gigabyte", "GB", 10**9),
            ("kibibyte", "KiB", 2**10),
            ("mebibyte", "MiB", 2**20),
            ("gibibyte", "GiB", 2**30),
        )
        for ending in ("", "s")
    },
    "mb": Unit("MB", 10**6, "bytes"),
    "kb": Unit("KB", 10**3, "bytes"),
    "gb": Unit("GB", 10**9, "bytes"),
    "mib": Unit("MiB", 2**20, "bytes"),
    "kib": Unit("KiB", 2**10, "bytes"),
    "gib": Unit("GiB", 2**30, "bytes"),
    "兆字节": Unit("MB", 10**6, "bytes"),
    "千字节": Unit("KB", 10**3, "bytes"),
    "吉字节": Unit("GB", 10**9, "bytes"),
    "兆": Unit("M", 10**6),
}
COUNTED: dict[str, Unit] = {
    **{f"{prefix}MAC": Unit(f"{prefix}MACs", factor, "macs") for prefix, factor in ({"": 1} | THOUSANDS).items()},
    **{f"{prefix}FLOP": Unit(f"{prefix}FLOPs", factor, "flops") for prefix, factor in ({"": 1} | THOUSANDS).items()},
    "次乘加": Unit("次乘加", 1, "macs"),
    "次乘加运算": Unit("次乘加", 1, "macs"),
    "次浮点运算": Unit("次浮点运算", 1, "flops"),
    **{
        word: Unit(word, 1, "params")
        for word in ("参数", "个参数", "个权重参数", "params", "param", "parameters", "parameter")
    },
    **{
        word: Unit(word, 1, "count")
        for word in (
            *("个", "次", "次运算", "个数", "个权重", "个偏置", "个元素", "个神经元", "个输出", "整", "左右"),
            *("weights", "weight", "biases", "elements", "element", "values", "neurons", "times", "units"),
        )
    },
}


def unit_named(word: str) -> Unit | None:
    """`MiB`, `万`, `个`, `万个`, `M params`, `GFLOPs`; None for another word."""
    compact = word.replace(" ", "")
    if compact in SIZES:
        return SIZES[compact]
    upper = compact.upper().removesuffix("S").replace("次", "") if compact.isascii() else compact
    for known in (compact, upper):
        if known in COUNTED:
            return COUNTED[known]
    if compact.isascii() and compact[:1] in THOUSANDS and upper[1:] in ("MAC", "FLOP"):
        return COUNTED[compact[0] + upper[1:]]
    if compact in MULTIPLES or (len(compact) > 2 and compact.lower() in MULTIPLES):  # bn, not BN
        return Unit(compact, MULTIPLES.get(compact) or MULTIPLES[compact.lower()])
    for size in (3, 2, 1):  # 万个, 百万字节
        head, rest = compact[:size], compact[size:]
        if head in MULTIPLES and rest and (of := SIZES.get(rest) or COUNTED.get(rest)):
            return Unit(compact, MULTIPLES[head] * of.factor, of.of)
    return None
