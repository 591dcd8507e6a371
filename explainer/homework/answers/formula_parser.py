"""The formulas of an answer: recursive descent, with every size bounded while it grows."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol, number
from explainer.homework.answers.lexicon import FUNCTIONS, SYMBOLS
from explainer.homework.answers.limits import BITS, DIGITS, EXPONENT, NESTING, NODES
from explainer.homework.answers.number_parser import Made, Numbers
from explainer.homework.answers.token_stream import CLOSES, CLOSING
from explainer.i18n.bilingual import Bi, same

EXPECTED = Bi(zh="这里应有数字、符号或括号。", en="A number, a symbol or a bracket is expected here.")
CUT_OFF = Bi(
    zh="式子没有写完：后面还缺数字、符号或括号。",
    en="The formula breaks off: a number, a symbol or a bracket is missing.",
)
OPERATOR = Bi(
    zh="两个数之间缺少运算符（如×、+）。", en="An operator (such as × or +) is missing between two numbers here."
)
DEEP = Bi(zh="括号嵌套太深：最多{limit}层。", en="Brackets are nested too deeply: at most {limit} levels can be read.")
BIG = Bi(
    zh="式子太大，无法计算：请化简后重写。", en="The formula is too large to work out: simplify it and write it again."
)
POWER = Bi(
    zh="指数只能是绝对值不超过{limit}的整数。", en="An exponent must be a whole number of at most {limit} in size."
)
AMBIGUOUS = Bi(
    zh="“/”后面的省略乘号有歧义：请加括号，如a/(2b)。",
    en="A product without its sign after '/' can be read in two ways: add brackets, as in a/(2b).",
)
NAME = Bi(zh="这个名称太长：最多{limit}个字符。", en="This name is too long: at most {limit} characters can be read.")
ZERO = Bi(zh="不能除以0。", en="This divides by zero.")
UNKNOWN_FUNCTION = Bi(
    zh="不认识函数“{name}”：可以用floor（向下取整）和ceil（向上取整）。",
    en="The function '{name}' is not known: floor and ceil can be used.",
)
NO_FUNCTIONS = {"sqrt", "log", "ln", "exp", "max", "min", "sum", "prod", "round", "abs", "len", "eval", "pow", "range"}


class Formulas(Numbers):
    """Reads formulas, from a sum down to a number."""

    def sum(self) -> Made:
        self.depth += 1
        if self.depth > NESTING:
            raise self.refuse(DEEP.format(limit=NESTING))
        parts: list[tuple[bool, Made]] = []
        plus = True
        while self.is_sign("+", "-"):
            plus = plus == self.is_sign("+")
            self.at += 1
        parts.append((plus, self.product()))
        while True:
            self.pass_words()
            if not self.is_sign("+", "-"):
                break
            plus = self.is_sign("+")
            self.at += 1
            while self.is_sign("+", "-"):
                plus = plus == self.is_sign("+")
                self.at += 1
            parts.append((plus, self.product()))
        self.depth -= 1
        if len(parts) == 1 and parts[0][0]:
            return parts[0][1]
        if len(parts) == 1 and isinstance(parts[0][1].expr, Number):
            return replace(parts[0][1], expr=Number(-parts[0][1].expr.value))
        return self.joined(Sum(tuple((plus, part.expr) for plus, part in parts)), [part for _, part in parts])

    def pass_words(self) -> None:
        """Words between an operand and the next operator: 512个×3."""
        ahead = 0
        while self.peek(ahead).kind == "word":
            ahead += 1
        if ahead and self.peek(ahead).kind == "sign" and self.peek(ahead).text in ("+", "-", "*", "/", "//"):
            self.at += ahead
        if self.is_comment():
            self.words()

    def product(self) -> Made:
        parts = [(True, self.power())]
        while True:
            self.pass_words()
            sign = self.token
            if self.take("*"):
                parts.append((True, self.power()))
            elif self.take("/"):
                divisor = self.power()
                if isinstance(divisor.expr, Number) and divisor.expr.value == 0:
                    raise self.refuse(ZERO, sign)
                parts.append((False, divisor))
                if self.starts_operand() and not self.is_unit_next():
                    raise self.refuse(AMBIGUOUS)
            elif self.take("//"):
                divisor = self.power()
                if isinstance(divisor.expr, Number) and divisor.expr.value == 0:
                    raise self.refuse(ZERO, sign)
                above = self.multiplied(parts)
                parts = [(True, self.joined(Rounded(above.expr, divisor.expr), [above, divisor]))]
            elif self.starts_operand() and not self.is_unit_next():
                if self.token.kind == "number":
                    if self.shape:
                        break
                    raise self.refuse(OPERATOR)
                parts.append((True, self.power()))
            else:
                break
        return self.multiplied(parts)

    def multiplied(self, parts: list[tuple[bool, Made]]) -> Made:
        if len(parts) == 1:
            return parts[0][1]
        made = self.joined(Product(tuple((times, part.expr) for times, part in parts)), [part for _, part in parts])
        return self.scientific(parts) or made

    def scientific(self, parts: list[tuple[bool, Made]]) -> Made | None:
        """2.36×10^6 is one number, with the precision of its digits."""
        if len(parts) != 2 or not parts[1][0] or not parts[0][1].literal or parts[0][1].exact:
            return None
        left, right = parts[0][1], parts[1][1]
        tens = right.expr.parts if isinstance(right.expr, Product) else ()
        if not tens or any(part != (True, Number(10)) for part in tens) or not isinstance(left.expr, Number):
            return None
        factor = 10 ** len(tens)
        half = left.half * factor if left.half is not None else None
        return Made(number(Fraction(left.expr.value) * factor), 1, left.bits + right.bits, True, half, False)

    def starts_operand(self) -> bool:
        token = self.token
        if token.kind == "word":
            return token.text in FUNCTIONS and self.peek().text == "("
        return token.kind in ("number", "name") or (token.kind == "sign" and token.text in ("(", "{", "⌊", "⌈", "frac"))

    def power(self) -> Made:
        base = self.atom()
        if not self.take("^"):
            return base
        return self.raised(base, self.exponent())

    def exponent(self) -> int:
        """The exponent, worked out: a whole number."""
        start = self.token
        negative = False
        while self.is_sign("+", "-"):
            negative = negative != self.is_sign("-")
            self.at += 1
        made = self.power()
        value = constant(made.expr)
        if value is None or value.denominator != 1 or abs(value) > EXPONENT:
            raise self.refuse(POWER.format(limit=EXPONENT), start)
        return -int(value) if negative else int(value)

    def raised(self, base: Made, exponent: int) -> Made:
        if exponent == 0:
            return Made(Number(1))
        if exponent == 1:
            return base
        factors = tuple((exponent > 0, base.expr) for _ in range(abs(exponent)))
        if exponent < 0:
            if isinstance(base.expr, Number) and base.expr.value == 0:
                raise self.refuse(ZERO)
            factors = ((True, Number(1)), *factors)
        return self.bounded(Made(Product(factors), base.nodes * abs(exponent) + 1, base.bits * abs(exponent) + 1))

    def joined(self, expr: Expr, parts: list[Made]) -> Made:
        return self.bounded(Made(expr, sum(part.nodes for part in parts) + 1, sum(part.bits for part in parts) + 1))

    def bounded(self, made: Made) -> Made:
        if made.nodes > NODES or made.bits > BITS:
            raise self.refuse(BIG, self.tokens[self.side_start])
        return made

    def atom(self) -> Made:
        while self.token.kind == "word" and not self.is_named_word():
            self.at += 1
        token = self.token
        if token.kind == "number":
            return self.literal()
        if token.kind in ("name", "word"):
            return self.name()
        if self.is_sign("⌊", "⌈"):
            self.at += 1
            inner = self.sum()
            self.expect(CLOSES[token.text], token)
            return self.rounded(inner, token.text == "⌈")
        if self.is_sign("(", "[", "{"):
            self.at += 1
            inner = self.sum()
            self.expect(CLOSES[token.text], token)
            return replace(inner, literal=False, half=None)
        if self.take("frac"):
            return self.fraction()
        if token.kind == "end":
            raise self.refuse(CUT_OFF)
        raise self.refuse(EXPECTED)

    def is_named_word(self) -> bool:
        return self.token.text in SYMBOLS or (self.token.text in FUNCTIONS and self.peek().text == "(")

    def name(self) -> Made:
        token = self.token
        self.at += 1
        if token.text in FUNCTIONS and self.is_sign("("):
            opened = self.token
            self.at += 1
            inner = self.sum()
            self.expect(")", opened)
            return self.rounded(inner, FUNCTIONS[token.text])
        if token.text.lower() in NO_FUNCTIONS:
            raise self.refuse(UNKNOWN_FUNCTION.format(name=token.text), token)
        if self.shape and token.text in ("None", "none") and len(self.tokens) > 2:  # the batch, left open
            return Made(Number(-1))
        name = SYMBOLS.get(token.text, token.text)
        if len(name) > DIGITS:
            raise self.refuse(NAME.format(limit=DIGITS), token)
        return Made(Symbol(name, same(token.text)), 1, 32)

    def fraction(self) -> Made:
        above, below = self.group(), self.group()
        if isinstance(below.expr, Number) and below.expr.value == 0:
            raise self.refuse(ZERO)
        return self.joined(Product(((True, above.expr), (False, below.expr))), [above, below])

    def group(self) -> Made:
        opened = self.token
        if not self.take("{"):
            raise self.refuse(CLOSING.format(sign="{"))
        inner = self.sum()
        self.expect("}", opened)
        return inner

    def rounded(self, inner: Made, up: bool) -> Made:
        expr = inner.expr
        above: Expr = expr
        below: Expr = Number(1)
        if isinstance(expr, Product) and len(expr.parts) == 2 and expr.parts[0][0] and not expr.parts[1][0]:
            above, below = expr.parts[0][1], expr.parts[1][1]
        return self.joined(Rounded(above, below, up), [inner])


def constant(expr: Expr) -> Fraction | None:
    """The value of a formula of numbers; None if there are symbols, or a division by zero."""
    if isinstance(expr, Number):
        return Fraction(expr.value)
    if isinstance(expr, Symbol):
        return None
    values = [constant(child) for child in expr.children()]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    try:
        return Fraction(expr.apply(list(known)))
    except ZeroDivisionError:
        return None
