"""How answers are marked: points, marks for steps, deductions for mistakes. A TOML file that a teacher can edit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from explainer.errors import UserError
from explainer.homework.grading.policy import Policy
from explainer.homework.grading.result import Graded
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import QUANTITIES, WORDS, Question
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.plain_file import text_of

Points = int | Fraction
STEPS = ("formula", "numbers", "value")
STEP_WORDS: dict[str, Bi] = {
    "formula": Bi("公式", "formula"),
    "numbers": Bi("代入", "numbers put in"),
    "value": Bi("结果", "result"),
}

NOT_READ = Bi(
    zh="无法读取评分标准 {path}：{reason}。请对照 explain 写出的默认文件修改。",
    en="Cannot read the rubric {path}: {reason}. Compare it with the default one that explain writes.",
)
UNKNOWN_KEY = Bi(zh="[{table}] 里没有 {key} 这一项", en="[{table}] has no entry {key}")
NOT_A_NUMBER = Bi(
    zh="[{table}] 的 {key} 应是{low}到{high}之间的数", en="{key} in [{table}] must be a number from {low} to {high}"
)
NOT_ONE = Bi(zh="[steps] 各项之和应为1", en="the entries of [steps] must add up to 1")
NOT_TOML = Bi(zh="不是TOML（{error}）", en="it is not TOML ({error})")


@dataclass(frozen=True)
class Rubric:
    """points: by quantity, "default" for the others (0: 100 shared out evenly); steps: shares of a question's points;
    deductions: share taken off for a mistake, by its id; follow_through: share given for what follows correctly from a
    wrong step; rounded: share for a rounded answer; unit: marks are multiples of it; run_on: share
    for a right answer with "=" between what is not equal; policy: digits and tolerance.
    """

    points: Mapping[str, Fraction] = field(default_factory=lambda: {"default": Fraction(0)})
    steps: Mapping[str, Fraction] = field(
        default_factory=lambda: {"formula": Fraction(2, 5), "numbers": Fraction(3, 10), "value": Fraction(3, 10)}
    )
    deductions: Mapping[str, Fraction] = field(default_factory=dict)
    follow_through: Fraction = Fraction(1, 2)
    rounded: Fraction = Fraction(1)
    unit: Fraction = Fraction(1, 2)
    run_on: Fraction = Fraction(4, 5)
    policy: Policy = field(default_factory=Policy)

    def points_of(self, question: Question, number: int, count: int) -> Points:
        """Full marks of a question, the `number`-th on a sheet of `count`."""
        given = self.points.get(question.quantity, self.points.get("default", Fraction(0)))
        return _plain(given) if given else even_points(number, count)

    def step_marks(self, points: Points) -> dict[str, Points]:
        """The marks of each step; they add up to the points."""
        marks = {step: self._whole_units(share * points) for step, share in self.steps.items()}
        last = list(marks)[-1]
        marks[last] += points - sum(marks.values(), Fraction(0))
        return {step: _plain(Fraction(mark)) for step, mark in marks.items()}

    def marks(self, points: Points, graded: Graded) -> Points:
        """What a judged answer gets: full marks, what its mistake leaves, or a share of what follows correctly."""
        if "run_on" in graded.notes:
            return self._rounded(self.run_on * points)
        if graded.verdict in ("correct", "equivalent"):
            return points
        if graded.verdict == "rounded":
            return self._rounded(self.rounded * points)
        working = Fraction(graded.score).limit_denominator(1000) * self.follow_through * points
        steps = self.step_marks(points)
        due = sum((Fraction(steps[step]) for step in self.steps if step in graded.notes), Fraction(0))
        if graded.verdict != "wrong" or not graded.mistakes:
            return max(_plain(due), self._rounded(working))
        return max(_plain(due), self.after(points, graded.mistakes[0]), self._rounded(working))

    def after(self, points: Points, mistake: Diagnosis) -> Points:
        """The marks left after a mistake."""
        taken = sum((self.deduction(part) for part in mistake.mistakes), Fraction(0))
        return self._rounded(max(1 - taken, Fraction(0)) * points)

    def deduction(self, mistake: str) -> Fraction:
        """The share that a mistake costs: as listed; else a slip costs the result, a wrong formula its own share and,
        since the rest follows from it, what follow-through does not give.
        """
        from explainer.homework.mistakes import BY_ID

        if mistake in self.deductions:
            return self.deductions[mistake]
        if mistake in BY_ID and BY_ID[mistake].kind == "slip":
            return self.steps["value"]
        return self.steps["formula"] + (1 - self.steps["formula"]) * (1 - self.follow_through)

    def _whole_units(self, marks: Fraction) -> Fraction:
        return marks // self.unit * self.unit

    def _rounded(self, marks: Fraction) -> Points:
        """To the nearest unit, halves up."""
        return _plain((marks / self.unit + Fraction(1, 2)) // 1 * self.unit)


def even_points(number: int, count: int) -> int:
    """100 shared out among `count` questions, as evenly as whole points can be; the last ones get what is left over.

    >>> [even_points(number, 7) for number in range(1, 8)]
    [14, 14, 14, 14, 14, 15, 15]
    """
    share, over = divmod(100, count)
    return share + (number > count - over)


def read_rubric(path: Path) -> Rubric:
    """A teacher's rubric; what it does not say is as in the default. Raises UserError for anything it cannot mean."""
    from explainer.render.files import reason

    try:
        text = text_of(path)
        data = tomllib.loads(text, parse_float=Fraction)
    except OSError as error:
        raise UserError(NOT_READ.format(path=str(path), reason=reason(error))) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError) as error:
        why = NOT_TOML.format(error=str(error).splitlines()[0])
        raise UserError(NOT_READ.format(path=str(path), reason=why)) from error
    try:
        return _rubric(data)
    except UserError as error:
        raise UserError(NOT_READ.format(path=str(path), reason=error.message)) from error


def _rubric(data: dict[str, Any]) -> Rubric:
    usual = Rubric()
    allowed: dict[str, tuple[str, ...] | None] = {
        "points": ("default", *QUANTITIES),
        "steps": STEPS,
        "deductions": None,
        "credit": ("follow_through", "rounded", "unit", "run_on"),
        "answers": ("digits", "tolerance"),
    }
    tables = {name: _table(name, data.get(name, {}), keys) for name, keys in allowed.items()}
    for name in data:
        if name not in allowed:
            raise UserError(UNKNOWN_KEY.format(table="", key=name))
    steps = {step: tables["steps"].get(step, Fraction(0)) for step in STEPS} if tables["steps"] else usual.steps
    if sum(steps.values(), Fraction(0)) != 1:
        raise UserError(NOT_ONE)
    credit = tables["credit"]
    if credit.get("unit") == 0:
        raise UserError(NOT_A_NUMBER.format(table="credit", key="unit", low="0.1", high=1))
    return Rubric(
        points={**usual.points, **tables["points"]},
        steps=steps,
        deductions=tables["deductions"],
        follow_through=credit.get("follow_through", usual.follow_through),
        rounded=credit.get("rounded", usual.rounded),
        unit=credit.get("unit", usual.unit),
        run_on=credit.get("run_on", usual.run_on),
        policy=_policy(tables["answers"]),
    )


def _policy(answers: Mapping[str, Fraction]) -> Policy:
    digits, share = answers.get("digits", Fraction(2)), answers.get("tolerance", Fraction(0))
    if digits.denominator != 1 or not 1 <= digits <= MOST_DIGITS:
        raise UserError(NOT_A_NUMBER.format(table="answers", key="digits", low=1, high=MOST_DIGITS))
    return Policy(int(digits), share or None)


def _table(name: str, given: Any, keys: tuple[str, ...] | None) -> dict[str, Fraction]:
    if not isinstance(given, dict):
        raise UserError(UNKNOWN_KEY.format(table=name, key=str(given)[:40]))
    most = {"points": 1000, "answers": MOST_DIGITS}.get(name, 1)
    for key, value in given.items():
        if keys is not None and key not in keys:
            raise UserError(UNKNOWN_KEY.format(table=name, key=key))
        if not isinstance(value, int | Fraction) or isinstance(value, bool) or not 0 <= value <= most:
            raise UserError(NOT_A_NUMBER.format(table=name, key=key, low=0, high=most))
    return {key: Fraction(value) for key, value in given.items()}


HEAD = Bi(
    zh="评分标准：改好后用 --rubric 指定。份额都在0到1之间。",
    en="Rubric: edit it and give it with --rubric. Shares are between 0 and 1.",
)
POINTS = Bi(zh="每题分值；0表示满分100由各题平分", en="points of a question; 0: the questions share 100 evenly")
STEPS_HELP = Bi(zh="各步占本题分值的份额，合计为1", en="share of a question's points for each step; they add up to 1")
TAKEN = Bi(
    zh="按错误扣分：占本题分值的份额；下面注释中是默认值，去掉行首的#再改",
    en="taken off for a mistake, as a share of the question's points; the comments are the defaults: take the # away to "
    "change one",
)
CREDIT = Bi(
    zh="follow_through：前一步错、后面推得对时给的份额；rounded：近似值给的份额；unit：分数取它的整数倍；"
    "run_on：得数对、但等号连着往下算时给的份额",
    en="follow_through: share given for what follows correctly from a wrong step; rounded: share for a rounded answer; "
    "unit: marks are multiples of it; run_on: share for a right answer with '=' between what is not equal",
)
ANSWERS = Bi(
    zh="digits：近似值至少要有的有效数字；tolerance：允许的相对误差，0表示精确或正确舍入",
    en="digits: significant digits that a rounded number must have; tolerance: share by which it may be off, 0: exact or rightly "
    "rounded",
)
MOST_DIGITS = 9


def default_rubric(lang: Lang) -> str:
    """The default rubric as a commented TOML file; the mistakes stand there as comments, ready to be switched on."""
    from explainer.homework.mistakes import MISTAKES

    usual = Rubric()
    lines = [f"# {HEAD[lang]}", "", f"[points]  # {POINTS[lang]}", "default = 0"]
    lines += [f"# {quantity} = 10  # {WORDS[quantity][lang]}" for quantity in QUANTITIES]
    lines += ["", f"[steps]  # {STEPS_HELP[lang]}"]
    lines += [f"{step} = {float(share)}  # {STEP_WORDS[step][lang]}" for step, share in usual.steps.items()]
    lines += ["", f"[deductions]  # {TAKEN[lang]}"]
    lines += [f'# "{m.id}" = {float(usual.deduction(m.id)):g}  # {m.title[lang]}' for m in MISTAKES]
    lines += ["", f"[credit]  # {CREDIT[lang]}", f"follow_through = {float(usual.follow_through)}"]
    lines += [f"rounded = {float(usual.rounded)}", f"unit = {float(usual.unit)}", f"run_on = {float(usual.run_on)}"]
    lines += ["", f"[answers]  # {ANSWERS[lang]}", f"digits = {usual.policy.digits}", "tolerance = 0"]
    return "\n".join(lines) + "\n"


def write_rubric(path: Path, lang: Lang) -> None:
    """Write the default rubric. Raises UserError if the place cannot be written."""
    from explainer.render.files import check_target, write

    check_target(path, (".toml",))
    write(path, default_rubric(lang).encode())


def points_text(points: Points) -> Bi:
    """10; 2.5"""
    return same(str(points) if isinstance(points, int) else f"{float(points):g}")


def _plain(value: Fraction | int) -> Points:
    return int(value) if value == int(value) else Fraction(value)
