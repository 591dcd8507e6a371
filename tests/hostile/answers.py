"""Answers that may hurt whoever reads them: `hostile_answer(random)` gives one of many kinds, none longer than a reader takes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from strings import HOSTILE, SIGNS

PIECES = (
    *"0123456789", *"+-*/^=()[]{},.;:@ \n$\\_`'\"%|<>", "×", "·", "C_in", "k", "C_out", "floor(", "⌊", "⌋", "\\frac{", "}{", "万", "亿",
    "M", "MiB", "约", "个", "²", "权重：", "合计", "so ", "total: ", "9**9", "1e40", "（", "）", "\u202e", "\ud800", "3*3*64", "=", "≈",
    "eval(", "exec(", "__import__('os').system('touch /tmp/explainer-was-here')", "open('/tmp/explainer-was-here','w')", "lambda:0",
    "().__class__", "{0.__class__}", "%s", "import os;", "print(1)", "9^9^9", "1/0", "0/0", "√", "!", "∑", "log(", "sqrt(",
)  # fmt: skip
NAMES = ("C_in", "C_out", "k", "H", "W", "a", "b", "N", "F_in", "F_out", "K", "bias", "T", "s", "p", "d", "g", "n")
GOOD = (
    "(3·3·3+1)·64 = 1792", "64*(3*3*3+1)", "1728 + 64 = 1792", "权重：1728，偏置：64，合计1792", "weights 1728, bias 64, total 1792",
    "floor((224+2*1-3)/1)+1 = 224", "64×224×224", "(64, 224, 224)", "138,357,544×4 B = 553,430,176 B", "C_out(C_in k^2 + 1) = 1792",
    "\\frac{224+2\\cdot1-3}{1}+1=224", "约1.38亿", "138.36 M", "527.8 MiB", "15470264320",
)  # fmt: skip


def _pieces(chance: Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(1, 120)))


def _number(chance: Random) -> str:
    return str(chance.choice((chance.randrange(10), chance.randrange(10**6), chance.randrange(10**30), 0, 1)))


def _leaf(chance: Random) -> str:
    return chance.choice(NAMES) if chance.random() < 0.6 else _number(chance)


def _sum(chance: Random, deep: int) -> str:
    """A sum of fractions of sums of fractions …: what makes algebra grow."""
    if not deep or chance.random() < 0.1:
        return _leaf(chance)
    terms = [
        f"({_sum(chance, deep - 1)})/({_sum(chance, deep - 1)})" if chance.random() < 0.7 else f"({_sum(chance, deep - 1)})^{chance.randrange(9)}"
        for _ in range(chance.randrange(1, 6))
    ]  # fmt: skip
    return chance.choice("+-*").join(terms)


def _fractions(chance: Random) -> str:
    text = _sum(chance, chance.randrange(1, 5))
    return f"{text} = {_number(chance)}" if chance.random() < 0.3 else text


def _long_sum(chance: Random) -> str:
    return chance.choice("+*-/").join(_leaf(chance) for _ in range(chance.randrange(2, 700)))


def _floors(chance: Random) -> str:
    text = _leaf(chance)
    for _ in range(chance.randrange(1, 30)):
        text = f"floor(({text}+{_leaf(chance)})/{_leaf(chance)})+{_number(chance)}"
    return text


def _equalities(chance: Random) -> str:
    return " = ".join(_sum(chance, 1) for _ in range(chance.randrange(2, 60)))


def _powers(chance: Random) -> str:
    base = " + ".join(chance.choices(NAMES, k=chance.randrange(1, 9)))
    return f"({base})^{chance.randrange(70)}" + chance.choice(
        ("", f"/({base})^{chance.randrange(70)}", f" - ({base})^2")
    )


def _nested(chance: Random) -> str:
    opening, closing = chance.choice(("()", "[]", "{}", ("floor(", ")"), ("\\frac{1}{", "}"), ("-(", ")"), ("⌊", "⌋")))
    depth = chance.randrange(1, 700)
    return opening * depth + _leaf(chance) + closing * chance.choice((depth, depth - 1, 0))


def _account(chance: Random) -> str:
    """A working in words, line after line."""
    words = (
        "权重",
        "weights",
        "偏置",
        "bias",
        "合计",
        "total",
        "so",
        "每个卷积核",
        "per filter",
        "layer 2",
        "conv1",
        "加起来",
    )
    lines = [f"{chance.choice(words)}{chance.choice('：:= ')}{_sum(chance, 1)}" for _ in range(chance.randrange(1, 60))]
    return chance.choice("\n，,;；").join(lines)


def _repeated(chance: Random) -> str:
    return chance.choice(list(SIGNS.values())) * chance.randrange(1, 1_500) + chance.choice(("", "1792", "`", ")"))


def _damaged(chance: Random) -> str:
    """A good answer with some characters changed, doubled or taken out."""
    text = list(chance.choice(GOOD))
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(text) + 1)
        text[at : at + chance.randrange(2)] = [chance.choice((*PIECES, *HOSTILE))] * chance.randrange(3)
    return "".join(text)


def _foreign(chance: Random) -> str:
    return "".join(
        chr(chance.choice((chance.randrange(0x250), chance.randrange(0x11_0000)))) for _ in range(chance.randrange(80))
    )


CHEAP, DEAR = (
    (_pieces, _damaged, _foreign),
    (_fractions, _long_sum, _floors, _equalities, _powers, _nested, _account, _repeated),
)
KINDS: tuple[Callable[[Random], str], ...] = (*CHEAP * 8, *DEAR)  # many quick ones, and enough that work hard


def hostile_answer(chance: Random) -> str:
    """One more answer; the same for the same state of `chance`."""
    return chance.choice(KINDS)(chance)[:4_500]
