"""What is said beside a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Value
from explainer.i18n.bilingual import Bi, grouped, joined, same

SIMPLIFIED = Bi(zh="计算结果为{value}。", en="Worked out, it is {value}.")
EXACT = Bi(zh="精确值是{value}。", en="The exact value is {value}.")
NAMED = Bi(zh="标准写法：{formula}。", en="As it is usually written: {formula}.")
PUT_IN = Bi(
    zh="式中已代入{numbers}，只对这样的层成立；一般的公式是{formula}。",
    en="With {numbers} put in, it holds for such layers only; in general: {formula}.",
)
COUNTEREXAMPLE = Bi(
    zh="反例：当{sizes}时，这个式子得{theirs}，而正确的是{ours}。",
    en="A counterexample: with {sizes} the formula gives {theirs}, but the right figure is {ours}.",
)
BY_CHANCE = Bi(
    zh="在这一层上得数碰巧相同，换一层就不成立。",
    en="On this layer the number happens to be the same; on another it is not.",
)
NO_VALUE = Bi(
    zh="这个式子在这一层上没有值（除以了0）。", en="On this layer the formula has no value: it divides by zero."
)
UNDECIDED = Bi(
    zh="无法判定这个式子是否对任何大小都成立：请教师判断，或换一种写法。",
    en="Whether this holds for all sizes cannot be decided: let the teacher look at it, or write it in another way.",
)
BINARY = Bi(
    zh="按1 {binary}={factor}字节换算，却写成了{decimal}：应写{binary}，或改用1000的幂换算。",
    en="This was worked out with 1 {binary} = {factor} bytes but called {decimal}: write {binary}, or divide by powers of 1000.",
)
EARNED_BOTH = Bi(
    zh="公式和代入都正确，得这两步的分；结果有误，不得结果分。",
    en="The formula and the numbers put in are right: their marks are given, and only the result's are lost.",
)
EARNED_FORMULA = Bi(zh="公式正确，仍得公式分。", en="The formula is right: its marks are given.")
WHOSE_SIDES = Bi(
    zh="H、W指输出的高和宽时，这个式子对；指输入的高和宽时不对：请教师判断，或写成H_out、W_out。",
    en="With H and W of the output this formula is right, with those of the input it is not: let the teacher look at it, or write "
    "H_out and W_out.",
)
NOT_PLACED = Bi(
    zh="正确的数出现在答案里，但其中有些话没有读懂：请教师判断。",
    en="The right figure is in the answer, but not all of it could be understood: let the teacher look at it.",
)
TOO_FEW_DIGITS = Bi(
    zh="太粗略了：近似值至少要有{digits}位有效数字。",
    en="Too rough: a rounded number must have at least {digits} significant digits.",
)
FLAG = Bi(
    zh="“bias”只说明有没有偏置（1或0），不能乘在整个数上：请写出得数或完整的公式。",
    en="'bias' only says whether there is one (1 or 0) and is no factor of the whole: give the number or the whole formula.",
)
OTHER_THING = Bi(
    zh="数是对的，但好像说的是另一件东西：请教师判断。",
    en="The number is right, but it seems to be said of something else: let the teacher look at it.",
)
COMES_OUT = Bi(
    zh="这里恰好整除；一般情况下要向下取整。",
    en="The division comes out here; in general the quotient is rounded down.",
)
RUN_ON = Bi(
    zh="等号两边并不相等：“=”被当成了“接着算”。请把每一步分开写。",
    en="What stands on the two sides of an '=' here is not equal: '=' is used for 'and then'. Write each step by itself.",
)
SHAPE_WANTED = Bi(
    zh="这里求的是形状，即各维的大小，例如写作[512, 7, 7]。",
    en="A shape is asked for here: the size of each dimension, written for example as [512, 7, 7].",
)
NUMBER_WANTED = Bi(zh="这里求的是一个数，不是形状。", en="A number is asked for here, not a shape.")
NOT_WHOLE = Bi(zh="{value}不是整数，而这里求的是个数。", en="{value} is not whole, but something is counted here.")
CUT = Bi(
    zh="{given}是截去尾数得到的；四舍五入应为{rounded}。",
    en="In {given} the last digits are cut off; rounded it is {rounded}.",
)
CUT_HINT = Bi(zh="最后一位要四舍五入，不能直接截去。", en="The last digit is to be rounded, not cut off.")
UNIT_MISSING = Bi(
    zh="没有写单位：这个数以{unit}为单位才对，请把单位写在数的后面。",
    en="The unit is missing: in {unit} this number would be right; write the unit after it.",
)
ITSELF = Bi(
    zh="{name}正是要求的量：请写出它的公式或数值。",
    en="{name} is just what is asked for: give its formula or its number.",
)
MISSING_TERM = Bi(zh="与正确的式子相比，少了{terms}。", en="Compared with the right formula, {terms} is missing.")
EXTRA_TERM = Bi(
    zh="与正确的式子相比，多了{terms}。", en="Compared with the right formula, {terms} should not be there."
)
INSTEAD = Bi(
    zh="展开后逐项比较：你的是{theirs}，正确的是{ours}。",
    en="Multiplied out and compared term by term: yours has {theirs} where {ours} is right.",
)
DIFFERENCE = Bi(
    zh="比正确答案{direction}{difference}，与正确答案之比为{ratio}。",
    en="It is {difference} {direction} the right figure; its ratio to the right figure is {ratio}.",
)
DIFFERENCE_ONLY = Bi(zh="比正确答案{direction}{difference}。", en="It is {difference} {direction} the right figure.")
MORE = Bi(zh="大", en="more than")
LESS = Bi(zh="小", en="less than")
STEP = Bi(zh="第{n}步“{text}”有误：{why}", en="Step {n}, “{text}”, is not right: {why}")
STEP_SET_UP = Bi(zh="第{n}步“{text}”列式有误。", en="Step {n}, “{text}”: the formula itself is wrong.")
STEP_ONLY = Bi(zh="第{n}步“{text}”有误。", en="Step {n}, “{text}”, is not right.")
NOT_EQUAL = Bi(zh="它等于{value}，而前一步等于{before}。", en="it is {value}, but the step before it is {before}.")
NOT_EQUAL_NUMBER = Bi(zh="前一步等于{before}。", en="the step before it comes to {before}.")
NOT_EQUAL_FORMULA = Bi(zh="它与前一步不相等。", en="it is not equal to what stands before it.")
SET_UP = Bi(zh="列式有误。", en="the formula itself is wrong.")
FOLLOWS = Bi(
    zh="其后的计算正确，仍给相应的分。",
    en="What comes after it follows correctly and is credited.",
)
OTHERS_FOLLOW = Bi(
    zh="其余步骤的计算正确，仍给相应的分。",
    en="The other steps follow correctly and are credited.",
)
VALUE_RIGHT = Bi(zh="最后的得数是对的，但步骤有误。", en="The figure at the end is right, but the working is not.")
DIMENSION = Bi(
    zh="第{n}维（{name}）：你写的是{theirs}，应为{ours}。",
    en="Dimension {n} ({name}): you have {theirs}, it should be {ours}.",
)
COUNT_OF_DIMENSIONS = Bi(
    zh="你写了{theirs}维，输出有{ours}维{batch}。",
    en="You give {theirs:dimension|dimensions}; the output has {ours}{batch}.",
)
WITHOUT_BATCH = Bi(zh="（不计批量）", en=" (not counting the batch)")
UNIT = Bi(
    zh="单位不对：{unit}不是{wanted}的单位。",
    en="The unit is not right: {unit} is not a unit for the {wanted}.",
)
UNIT_HINT = Bi(zh="先看看单位。", en="Look at the unit first.")
CHANNELS_MISSING = Bi(
    zh="漏了通道数：这里只写了特征图的大小，输出还有{channels}个通道，应为{right}。",
    en="The channels are missing: this is only the size of the feature map; the output has {channels:channel|channels} too: {right}.",
)
CHANNELS_MISSING_HINT = Bi(
    zh="输出除了高和宽，还有一维。", en="Besides its height and width, the output has another dimension."
)

ARITHMETIC = "slip.arithmetic"
ARITHMETIC_TITLE = Bi("计算出错", "a slip of arithmetic")
MISCALCULATED = Bi(zh="式子正确，计算有误：{why}", en="The formula is right, the arithmetic is not: {why}")
MISCALCULATED_HINT = Bi(zh="式子正确，请重新计算。", en="The formula is right: work it out once more.")

MATH = Plain()
SHOWN = 10**24  # larger numbers are shown by their size


def formula(expr: Expr) -> Bi:
    """A formula in running text."""
    return same(plain(expr, MATH))


def number_text(value: Fraction | int) -> str:
    """12,345; 2.5; 1/3; ≈527.791; ≈1.2e+40."""
    exact = Fraction(value)
    if abs(exact) >= SHOWN or (exact and abs(exact) < Fraction(1, SHOWN)):
        digits = len(str(abs(exact.numerator))) - len(str(exact.denominator))
        lead = Fraction(exact) / Fraction(10) ** digits
        return f"≈{float(lead):.3g}×10^{digits}"
    if exact.denominator == 1:
        return grouped(exact.numerator)
    text = MATH.number(exact)
    return text if len(text) <= 12 else f"≈{float(exact):,.6g}"


def sizes_text(sizes: Mapping[str, int]) -> Bi:
    """`C_in=3、k=5`; in English `C_in = 3, k = 5`."""
    return joined([Bi(f"{name}={grouped(value)}", f"{name} = {grouped(value)}") for name, value in sizes.items()])


def listed(parts: Iterable[Expr]) -> Bi:
    """Formulas one after the other: 甲、乙 / a, b."""
    return joined([formula(part) for part in parts])


def miscalculated(why: Bi, value: Value) -> Diagnosis:
    """A number that is not what the step before it comes to."""
    return Diagnosis((ARITHMETIC,), MISCALCULATED.format(why=why), MISCALCULATED_HINT, value)
