"""One student's page: marks, what is wrong in each answer, and the working. A student's words stand in it as code only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from explainer.document.builder import Page, fill, merge
from explainer.document.nodes import (
    Bullets,
    Code,
    Document,
    Heading,
    Inline,
    Math,
    Note,
    Paragraph,
    Table,
    Text,
)
from explainer.homework.classroom.assignment import Asked
from explainer.homework.classroom.gradebook import SUPERSEDED
from explainer.homework.classroom.record import Answered, Marked, Outcome, points_text
from explainer.homework.classroom.worked_out import how_it_comes
from explainer.homework.grading.read_as import READ_AS, differs
from explainer.homework.mistakes.explanation import worth_telling
from explainer.i18n.bilingual import Bi, Lang, begun, grouped, same
from explainer.i18n.printable import visible

Find = Callable[[Marked, Answered], Asked | None]

TITLE = Bi("作业反馈", "Homework feedback")
SCORE = Bi("得分：{score}/{full}", "score: {score} of {full}")
VERDICTS: dict[Outcome, Bi] = {
    "correct": Bi("正确", "correct"),
    "equivalent": Bi("正确（与标准式等值）", "correct (in another form)"),
    "rounded": Bi("正确（近似值）", "correct (rounded)"),
    "wrong": Bi("错误", "wrong"),
    "undecided": Bi("待教师判断", "left to the teacher"),
    "unreadable": Bi("无法识别，交教师批改", "could not be read, left to the teacher"),
    "missing": Bi("未作答", "not answered"),
    "marked": Bi("教师已评分", "marked by the teacher"),
}
HEADER = (Bi("题目", "Question"), Bi("你的答案", "Your answer"), Bi("判定", "Verdict"), Bi("得分", "Marks"))
GIVEN = Bi("你的答案：{given}", "Your answer: {given}")
WORKING_GIVEN = Bi("你的解答：", "Your working:")
EXPECTED = Bi("正确答案：{expected}", "The right answer: {expected}")
SEVERAL = Bi("这个错误答案有{n}种可能的原因：", "This wrong answer has {n} possible explanations:")
CARET = Bi("从{place}起无法识别。", "It cannot be read from {place} on.")
IN_WORDS = Bi(
    zh="这个答案里的话没有全部读懂，由教师批改。",
    en="Not all that these words say could be understood; your teacher will read them.",
)
NO_DIGITS = Bi(
    zh="这个答案里没有数字，也没有式子，由教师批改；请用阿拉伯数字或式子作答。",
    en="There is neither a number in digits nor a formula in this answer; your teacher will read it.",
)
HINT = Bi("提示：{hint}", "Hint: {hint}")
MISSING = Bi("没有作答的题目：", "Questions not answered: ")
ALL_RIGHT = Bi("全部答对，很好。", "Everything is right; well done.")
ALL_RIGHT_IN_PART = Bi(
    zh="答案全部正确；有的题因写法没有得满分。",
    en="Every answer is right; some marks were lost for the way it is written.",
)
NOTHING = Bi(
    zh="这份作业没有可以批改的答案，请按上面的说明修改后重交。",
    en="There is no answer to grade in this submission; correct it as said above and hand it in again.",
)
WITH_TEACHER = Bi(
    zh="有{n}个答案留给教师批改，得分可能随之改变。",
    en="{n:answer is|answers are} left to the teacher; the score may still change.",
)
NO_PAGE = Bi(
    zh="这份答卷没能排成页面；答案请看原文件，或询问教师。",
    en="This submission could not be set as a page; look at the file itself, or ask the teacher.",
)
NUMBERED = Bi("第{n}题　{title}", "Question {n}: {title}")
SHOWN = 160  # characters of an answer


def feedback(
    marked: Marked, langs: tuple[Lang, ...], question_of: Find, *, subject: str = "", hint: bool = False
) -> Document:
    """The page for one submission. question_of: where the working comes from; hint: no answer is given away."""
    page = Page(langs, "standard")
    for problem in marked.problems:
        page.blocks.append(Note(_words(page, problem), alarm=True))
    if marked.superseded:
        page.blocks.append(Note(_words(page, SUPERSEDED.format(file=visible(marked.superseded)))))
    if marked.answers:
        page.blocks.append(_overview(page, marked))
    elif marked.problems:
        page.say(NOTHING)
    if left := sum(answer.open for answer in marked.answers):
        page.say(WITH_TEACHER, n=left)
    if marked.missing:
        names = [_name(answer, page) for answer in marked.missing]
        page.blocks.append(Paragraph({lang: merge((MISSING[lang], *_listed(names, lang))) for lang in langs}))
    if marked.all_right:
        page.say(ALL_RIGHT if marked.score == marked.max_score else ALL_RIGHT_IN_PART)
    for answer in marked.answers:
        if answer.given and (not answer.right or answer.remarks):
            _section(page, answer, question_of(marked, answer), hint)
    who = [part for part in (marked.student, marked.name) if part]
    score = SCORE.format(score=points_text(marked.score), full=points_text(marked.max_score))
    parts = [same(visible(" ".join(who)))] * bool(who) + [same(subject)] * bool(subject) + [score]
    line = " · ".join(page.label(part) for part in parts)
    return Document(langs, page.both(TITLE), (line,), tuple(page.blocks), contents=False)


def without_answers(marked: Marked, langs: tuple[Lang, ...]) -> Document:
    """The page of one whose answers could not be set: the marks alone."""
    answers = tuple(replace(answer, given="", mistakes=(), remarks=()) for answer in marked.answers)
    return feedback(replace(marked, answers=answers, problems=(NO_PAGE,)), langs, lambda marked, answer: None)


def _words(page: Page, text: Bi) -> dict[Lang, Text]:
    """A finished sentence as it is: braces in it are no placeholders."""
    return {lang: (text[lang],) for lang in page.langs}


def _listed(parts: Sequence[Text], lang: Lang) -> Text:
    comma = "、" if lang == "zh" else ", "
    return tuple(piece for at, part in enumerate(parts) for piece in ((comma, *part) if at else part))


def shown(text: str, most: int = SHOWN) -> Code:
    """A student's text on one line, as code, cut where it is long."""
    line = " ⏎ ".join(visible(part.strip()) for part in text.splitlines() if part.strip())
    return Code(line if len(line) <= most else line[: most - 1] + "…")


def printed(expected: str) -> str:
    """The right answer as the lesson prints it: 36,928; 64×112×112."""
    if expected.isdigit():
        return grouped(int(expected))
    sizes = re.fullmatch(r"\[(\d+(?:, \d+)*)\]", expected)
    return sizes[1].replace(", ", "×") if sizes else expected


def _overview(page: Page, marked: Marked) -> Table:
    rows = tuple(
        (
            _name(answer, page),
            (shown(answer.given, 60),) if answer.given else ("—",),
            page.both(VERDICTS[answer.verdict]),
            (f"{'—' if answer.open else points_text(answer.score)}/{points_text(answer.points)}",),
        )
        for answer in marked.answers
    )
    return Table(tuple(page.both(word) for word in HEADER), "lllr", rows)


def _name(answer: Answered, page: Page) -> Text:
    """`features.0.params`; on a worksheet its number comes first, and what is asked where the layer has no name."""
    if answer.key.isdecimal() and answer.question.startswith(f"q{answer.key}."):
        return (f"{answer.key}. {page.label(answer.title)}",)
    if answer.key.isdecimal():
        return (f"{answer.key}. ", Code(answer.question))
    return (Code(answer.question),)


def _section(page: Page, answer: Answered, posed: Asked | None, hint: bool) -> None:
    title = answer.title
    title = NUMBERED.format(n=answer.key, title=title) if answer.key.isdecimal() else begun(title)
    page.blocks.append(Heading(2, (page.label(title),)))
    if answer.key.isdecimal() and posed is not None:
        page.blocks.append(Paragraph({lang: wording(posed, lang) for lang in page.langs}))
    lines = [line for line in answer.given.splitlines() if line.strip()]
    if len(lines) > 1:
        page.say(WORKING_GIVEN)
        page.blocks.append(Bullets(tuple({lang: (shown(line),) for lang in page.langs[:1]} for line in lines[:40])))
    else:
        page.say(GIVEN, given=shown(answer.given))
    in_words = re.search(r"[A-Za-z]{2}|[\u4e00-\u9fff]", answer.given)
    if answer.read_as is not None and in_words and not answer.right and differs(answer.given, answer.read_as):
        page.blocks.append(
            Paragraph({lang: fill(READ_AS, lang, {"reading": answer.read_as[lang]}) for lang in page.langs})
        )
    words = answer.verdict == "unreadable" and in_sentences(answer.given)
    if words:
        page.say(IN_WORDS if re.search(r"\d", answer.given) else NO_DIGITS)
    elif answer.caret is not None and (answer.caret or not answer.remarks):  # from the first letter on: said below
        place = answer.given[answer.caret :][:20] or answer.given[-20:]
        page.say(CARET, place=shown(place))
    _mistakes(page, answer, hint)
    for remark in () if words else answer.remarks:
        page.blocks.append(Paragraph(_words(page, remark)))
    if hint or answer.right or answer.expected is None:
        return
    item = posed.item if posed is not None else None
    if not (answer.verdict == "wrong" and answer.expected.isalpha()):  # of a choice the remark has told it
        only_formula = item is not None and item.style == "formula" and not item.question.is_shape
        wanted = Math(item.question.derivation.substituted) if item is not None and only_formula else None
        page.say(EXPECTED, expected=wanted or Code(printed(answer.expected)))
    if posed is not None:
        how_it_comes(page, posed.question)


def in_sentences(text: str) -> bool:
    """Whether an answer is told in words: what is missing "between two numbers" is then no help to anybody."""
    return len(re.findall(r"(?<![\\\w])[A-Za-z']{2,}", text)) >= 4 or len(re.findall(r"[\u4e00-\u9fff]", text)) >= 8


def wording(posed: Asked, lang: Lang) -> Text:
    """What was asked, as the worksheet has it: the layer's line, its input, what to find. Of a choice, whose options are not here, the figure."""
    from explainer.homework.worksheets.page import COLON, COMMA, STOP
    from explainer.homework.worksheets.question_text import asked as in_words
    from explainer.homework.worksheets.sheet import Item

    formula = posed.item is not None and posed.item.style == "formula"
    words = in_words(Item(1, posed.question, "formula" if formula else "number", 1))
    parts: list[Inline] = [Code(words.path), COLON[lang]] if words.path else []
    parts.append(words.kind[lang])
    parts += [" " if lang == "en" else "", Code(words.layer)] if words.layer else []
    parts += [COMMA[lang] + words.given[lang]] if words.given.en else []
    parts.append(STOP[lang] + words.find[lang])
    return tuple(part for part in parts if part)


def _mistakes(page: Page, answer: Answered, hint: bool) -> None:
    told = worth_telling(answer.mistakes)
    if not told:
        return
    if hint:
        page.blocks.append(Note({lang: fill(HINT, lang, {"hint": told[0].hint[lang]}) for lang in page.langs}))
    elif len(told) == 1:
        page.blocks.append(Note(_words(page, told[0].message)))
    else:
        page.say(SEVERAL, n=len(told))
        page.blocks.append(Bullets(tuple(_words(page, one.message) for one in told)))
