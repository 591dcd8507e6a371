"""How an answer was read, in one line: what its numbers and formulas are, its words left aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, Product
from explainer.homework.answers.claims import Claim
from explainer.homework.answers.prose_words import Label
from explainer.homework.answers.syntax import Answer, Side
from explainer.i18n.bilingual import Bi, grouped, same

READ_AS = Bi(zh="读作：{reading}", en="Read as: {reading}")
LABELS: dict[Label, Bi] = {
    "weights": Bi("权重", "weights"),
    "bias": Bi("偏置", "biases"),
    "total": Bi("合计", "total"),
    "scale": Bi("γ", "γ"),
    "shift": Bi("β", "β"),
    "channels": Bi("通道", "channels"),
    "height": Bi("高", "height"),
    "width": Bi("宽", "width"),
    "length": Bi("长", "length"),
}
MATH = Plain()
LONGEST = 240  # characters of a reading


def of_answer(answer: Answer) -> Bi:
    """A bare formula or working: its steps, each a chain of sides."""
    found: list[str] = []
    for step in answer.steps:
        chain = " = ".join(_side(side) for side in step.sides)
        if step.goes_on and found:
            found[-1] += f" = {chain}"
        else:
            found.append(chain)
    return same(_short("; ".join(found)))


def of_claims(claims: Sequence[Claim]) -> Bi:
    """An account: every claim with what it is called; what could not be read is an ellipsis."""
    said: list[Bi] = []
    for claim in claims:
        chain = " = ".join(_side(part.side) if part.side is not None else "…" for part in claim.parts)
        names = [LABELS[label] for label in LABELS if label in claim.labels]
        head = names[0] if len(names) == 1 and not claim.without_bias else None
        said.append(same(chain) if head is None else Bi(f"{head.zh}：{chain}", f"{head.en}: {chain}"))
    return Bi(_short("；".join(one.zh for one in said)), _short("; ".join(one.en for one in said)))


def differs(given: str, reading: Bi) -> bool:
    """Whether the reading says more than the answer itself: anything but spaces, grouping and other signs for times."""
    return _bare(given) not in (_bare(reading.zh), _bare(reading.en))


def _side(side: Side) -> str:
    if side.shape:
        return f"[{', '.join(plain(size, MATH) for size in side.shape)}]"
    if side.expr is None:
        return "…"
    about = "≈" if side.half is not None and side.literal else ""
    expr = _unit_first(side.expr, side.unit.factor if side.unit else 1)
    if isinstance(expr, Number) and Fraction(expr.value).denominator == 1:
        return about + grouped(int(expr.value))
    return about + plain(expr, MATH)


def _unit_first(expr: Expr, factor: int) -> Expr:
    """A number times its unit as one number."""
    if isinstance(expr, Product) and all(isinstance(part, Number) for part in expr.children()) and len(expr.parts) == 2:
        (_, left), (plain_factor, right) = expr.parts
        if isinstance(left, Number) and isinstance(right, Number) and plain_factor and right.value == factor > 1:
            return Number(left.value * right.value)
    return expr


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


_SIGNS = str.maketrans({"×": "·", "*": "·", "＊": "·", "−": "-", "，": ",", "（": "(", "）": ")", "[": "(", "]": ")"})


def _bare(text: str) -> str:
    text = re.sub(r"(?<=[\d)]) ?[xX](?= ?[\d(])", "·", text)
    return "".join(text.translate(_SIGNS).split()).replace(",", "").removeprefix("=")
