"""The same answer as different students write it: reordered, expanded, factored, in other notation."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol
from explainer.homework.question import Question

FULL_WIDTH = str.maketrans(
    {**{chr(c): chr(c + 0xFEE0) for c in range(ord("0"), ord("9") + 1)}, "(": "（", ")": "）", "+": "＋", "=": "＝"}
)
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


# Another tree of the same value.


def shuffled(expr: Expr, random: Random) -> Expr:
    """Terms and factors in another order; what is divided stays behind its factor."""
    if not expr.children():
        return expr
    made = expr.rebuilt(tuple(shuffled(child, random) for child in expr.children()))
    if isinstance(made, Sum | Product):
        parts = list(made.parts)
        random.shuffle(parts)
        parts.sort(key=lambda part: not part[0])
        return type(made)(tuple(parts)) if parts[0][0] else made
    return made


def expanded(expr: Expr) -> Expr:
    """One sum in a product multiplied out."""
    if isinstance(expr, Product):
        for at, (times, factor) in enumerate(expr.parts):
            if times and isinstance(factor, Sum):
                others = (*expr.parts[:at], *expr.parts[at + 1 :])
                terms = [(plus, Product((part_first(term), *others))) for plus, term in factor.parts]
                return Sum(tuple(terms))
    if not expr.children() or isinstance(expr, Rounded):
        return expr
    return expr.rebuilt(tuple(expanded(child) for child in expr.children()))


def part_first(term: Expr) -> tuple[bool, Expr]:
    return (True, term)


def factored(expr: Expr) -> Expr:
    """a·b + c·b with a factor in common: (a + c)·b."""
    if not isinstance(expr, Sum):
        return expr
    rows = [list(t.parts if isinstance(t, Product) else ((True, t),)) for _, t in expr.parts]
    if not all(all(times for times, _ in row) for row in rows) or not all(plus for plus, _ in expr.parts):
        return expr
    for _, common in rows[0]:
        if all(any(factor == common for _, factor in row) for row in rows[1:]):
            terms = []
            for row in rows:
                left = list(row)
                left.remove((True, common))
                terms.append((True, Product(tuple(left)) if left else Number(1)))
            return Product(((True, Sum(tuple(terms))), (True, common)))
    return expr


def split_number(expr: Expr, random: Random) -> Expr:
    """One number as a product or a sum of two: 512 → (2·256), 9 → (8+1)."""
    if isinstance(expr, Number) and isinstance(expr.value, int) and expr.value > 3 and random.random() < 0.3:
        divisors = [n for n in range(2, 20) if expr.value % n == 0 and expr.value != n]
        if divisors and random.random() < 0.5:
            n = random.choice(divisors)
            return Product(((True, Number(n)), (True, Number(expr.value // n))))
        n = random.randrange(1, expr.value)
        return Sum(((True, Number(n)), (True, Number(expr.value - n))))
    if not expr.children():
        return expr
    return expr.rebuilt(tuple(split_number(child, random) for child in expr.children()))


def another(expr: Expr, random: Random, *, numbers: bool) -> Expr:
    """The formula in another form, equal for all sizes."""
    made = expr
    for _ in range(random.randrange(4)):
        change: Callable[[Expr], Expr] = random.choice(
            [lambda e: shuffled(e, random), expanded, factored, lambda e: split_number(e, random) if numbers else e]
        )
        made = change(made)
    return made


# The tree as text.


class Hand:
    """One student's way of writing: drawn once, used for a whole answer."""

    def __init__(self, random: Random, merge: bool) -> None:
        self.random = random
        self.latex = random.random() < 0.25
        self.times = random.choice([r"\times ", r"\cdot "] if self.latex else ["*", "×", "·", " × ", " * ", "＊", "✕"])
        self.power = random.choice(["no", "^", "**", "raised", "braces"])
        self.floor = random.choice(["⌊⌋", "floor", "//", "floor/"]) if not self.latex else "latex"
        self.index = random.choice(["_", "", "{}", "text", "lower", "raised"])
        self.merge = merge
        self.implicit = random.random() < 0.3
        self.spaces = random.random() < 0.3

    def write(self, expr: Expr) -> str:
        text = self.formula(expr)
        if self.spaces:
            text = text.replace("+", " + ").replace("(", "( ")
        if self.latex:
            return self.random.choice([f"${text}$", text, rf"\({text}\)"])
        return text.translate(FULL_WIDTH) if self.random.random() < 0.2 and "_{" not in text else text

    def formula(self, expr: Expr) -> str:
        match expr:
            case Number():
                return self.number(expr.value)
            case Symbol():
                return self.symbol(expr.name)
            case Sum():
                text = ""
                for plus, term in expr.parts:
                    sign = "+" if plus else "-" if self.latex else self.random.choice("-−")
                    text += (sign if text or not plus else "") + self.inner(
                        term, bracket=not plus and isinstance(term, Sum)
                    )
                return text
            case Product():
                return self.product(expr)
            case Rounded():
                return self.rounded(expr)
        raise TypeError(expr)

    def inner(self, expr: Expr, bracket: bool) -> str:
        negative = isinstance(expr, Number) and expr.value < 0
        fraction = isinstance(expr, Number) and isinstance(expr.value, Fraction)
        text = self.formula(expr)
        if not (bracket or negative or fraction):
            return text
        return rf"\left({text}\right)" if self.latex else f"({text})"

    def number(self, value: int | Fraction) -> str:
        if isinstance(value, Fraction):
            return f"{value.numerator}/{value.denominator}"
        return str(value)

    def symbol(self, name: str) -> str:
        base, _, index = name.partition("_")
        if self.merge and base == "k" and index in ("h", "w", "d"):
            return "k"
        if not index or "_" in index:
            return name
        if self.index == "raised" and index == "in":
            return f"{base}ᵢₙ"
        if self.index == "text" and self.latex:
            return rf"{base}_{{\text{{{index}}}}}"
        if self.index == "{}":
            return f"{base}_{{{index}}}"
        if self.index == "" and index in ("in", "out"):
            return base + index
        if self.index == "lower" and index in ("in", "out"):
            return base.lower() + index
        return name

    def product(self, expr: Product) -> str:
        text = ""
        parts = list(expr.parts)
        at = 0
        while at < len(parts):
            times, factor = parts[at]
            run = 1
            while times and at + run < len(parts) and parts[at + run] == parts[at]:
                run += 1
            single = isinstance(factor, Number | Symbol) and not (isinstance(factor, Number) and factor.value < 0)
            joined = self.power != "no" and run > 1 and single
            written = self.inner(
                factor, bracket=isinstance(factor, Sum) or (isinstance(factor, Product) and (not times or at > 0))
            )
            if joined:
                written += self.exponent(run)
            sign = "/" if not times else self.times
            letter = (isinstance(factor, Symbol) and factor.name != "B") or written.startswith("(")
            if (
                text
                and times
                and self.implicit
                and text[-1].isdigit()
                and letter
                and "/" not in text
                and "**" not in text
            ):
                sign = "" if not self.latex else " "
            if text and sign == "" and (text[-1].isdigit() and any(c in text[-4:] for c in "^")):
                sign = self.times
            text += (sign if text else "1/" if not times else "") + written
            at += run if joined else 1
        return text

    def exponent(self, power: int) -> str:
        return {
            "^": f"^{power}",
            "**": f"**{power}" if not self.latex else f"^{{{power}}}",
            "raised": str(power).translate(RAISED),
            "braces": f"^{{{power}}}",
        }[self.power]

    def rounded(self, expr: Rounded) -> str:
        above, below = self.formula(expr.numerator), self.formula(expr.denominator)
        if self.latex:
            left, right = ("lceil", "rceil") if expr.up else ("lfloor", "rfloor")
            return rf"\left\{left}\frac{{{above}}}{{{below}}}\right\{right}"
        divisor = f"({below})" if isinstance(expr.denominator, Product | Sum) else below
        if expr.up:
            return self.random.choice([f"⌈({above})/{divisor}⌉", f"ceil(({above})/{divisor})"])
        if self.floor == "//":
            return f"(({above})//{divisor})"
        return f"⌊({above})/{divisor}⌋" if self.floor == "⌊⌋" else f"floor(({above})/{divisor})"


def number_forms(value: int, question: Question, random: Random) -> str:
    """A whole number as students write it."""
    plain = f"{value:,}"
    forms = [str(value), plain, plain.replace(",", "，"), plain.replace(",", " "), plain.replace(",", "{,}")]
    forms += [str(value).translate(FULL_WIDTH), f"答：{value}", f"= {value}", f"结果是{value}", f"${value}$"]
    if question.quantity == "bytes":
        forms += [f"{value} B", f"{value} 字节", f"{value * 8} bit", f"{plain} bytes"]
    if question.quantity == "macs":
        forms += [f"{value} MACs", f"{value} 次乘加"]
    if question.quantity == "params":
        forms += [f"{value}个参数", f"{value} params", f"参数量={value}个"]
    if value >= 10_000 and value % 10_000 < 10**4:
        forms.append(f"{value // 10_000}万{value % 10_000:04d}" if value % 10_000 else f"{value // 10_000}万")
    return random.choice(forms)


def rounded_form(value: int, random: Random) -> str:
    """A number rounded to three to five digits, with its multiple."""
    multiples = [(10**3, "K"), (10**4, "万"), (10**6, "M"), (10**8, "亿"), (10**9, "G")]
    factor, unit = random.choice([(factor, unit) for factor, unit in multiples if 20 * value >= factor])
    whole = len(str(value // factor)) if value >= factor else 0
    places = max(1, random.randrange(3, 6) - whole) if whole else 3
    exact = Fraction(value, factor) * 10**places
    digits = (exact + Fraction(1, 2)) // 1
    text = f"{int(digits) // 10**places}.{int(digits) % 10**places:0{places}d}"
    return random.choice([f"{text}{unit}", f"约{text}{unit}", f"≈{text} {unit}"])
