"""The teacher's page: how the class did, which mistake how often, what is left to judge by hand."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from explainer.document.builder import Page
from explainer.document.nodes import Bullets, Code, Document, Heading, Table, Text
from explainer.figures.class_chart import class_chart
from explainer.homework.classroom.feedback import shown
from explainer.homework.classroom.figures import ClassFigures
from explainer.homework.classroom.gradebook import remarks
from explainer.homework.classroom.record import Answered, Marked, points_text
from explainer.i18n.bilingual import Bi, Lang, joined, same
from explainer.i18n.printable import visible

TITLE = Bi("作业批改小结", "Summary of the homework")
COUNTED = Bi("{n}份作业，计入统计{counted}份", "{n:submission|submissions}, {counted} counted")
OVERALL = Bi("总体情况", "The class as a whole")
FIGURES = (
    Bi("平均得分率", "Mean score"),
    Bi("中位数", "Median"),
    Bi("最高", "Highest"),
    Bi("最低", "Lowest"),
    Bi("全部答对的份数", "All answers right"),
)
SCORES = Bi("得分分布", "Distribution of scores")
SCORE_HEADER = (Bi("得分率", "Score"), Bi("份数", "Submissions"), Bi("分布", "Chart"))
QUESTIONS = Bi("各题情况", "Question by question")
QUESTION_HEADER = (
    Bi("题目", "Question"),
    Bi("作答", "Answered"),
    Bi("答对", "Right"),
    Bi("正确率", "Right, %"),
    Bi("图示", "Chart"),
    Bi("最常见的错误答案", "Commonest wrong answer"),
)
MISTAKES = Bi("常见错误", "Mistakes")
MISTAKE_HEADER = (
    Bi("错误", "Mistake"),
    Bi("次数", "Times"),
    Bi("人数", "Students"),
    Bi("图示", "Chart"),
    Bi("出现在", "Where"),
)
NO_MISTAKES = Bi("没有可以归类的错误。", "No known mistake was found.")
OTHER_TITLES = {
    "units.wrong": Bi("单位与所求的量不符", "the unit of another quantity"),
    "units.missing": Bi("漏写单位", "the unit left out"),
    "slip.cut_off": Bi("近似时没有四舍五入", "digits cut off instead of rounded"),
    "shape.channels_missing": Bi("漏写通道数", "the channels left out"),
}  # found by the grader, not in the catalogue
UNNAMED = Bi("没有找到原因的错误答案", "wrong without a known cause")
BY_HAND = Bi("需要人工判断的答案", "Answers to judge by hand")
COMMA = Bi("、", ", ")
WORTH = Bi("（{n}分）", " ({n})")
BY_HAND_HEADER = (Bi("学生", "Student"), Bi("题目", "Question"), Bi("答案", "Answer"))
PROBLEMS = Bi("有问题的文件", "Files with problems")
NOBODY = Bi("没有一份作业可以批改。", "There is no submission to grade.")
ASKED = Bi(
    zh="计分的题目取自全班的答卷：至少两份答卷答了的题目。要自己指定，请给出题目表。",
    en="The questions that count were taken from the submissions: those that at least two answer. To set them, give a list of questions.",
)
SHEETS = Bi("用到的练习", "Worksheets handed in")
SHEET_HEADER = (Bi("练习编号", "Worksheet"), Bi("份数", "Submissions"))
NOT_YET = Bi("{n}份尚无成绩", "{n} not graded yet")
MORE = Bi(zh="另有{n}条没有列出，见成绩表。", en="There are {n} more, not listed here; see the table of grades.")
FEED_BACK = Bi(
    zh="评好后，把得分写成{columns}三列的CSV，用{option}交回，成绩表随之更新。",
    en="Write the marks into a CSV of three columns, {columns}, and give it to {option}: the grades take them in.",
)
DISCRIMINATION = Bi("区分度", "Discrimination")
WHAT_SHARE = Bi(
    zh="正确率是答对的份数占已评份数的比例：未作答的按答错计，留待人工判断的不计。",
    en="The share is of the answers that are graded: one not given counts as wrong, one left to be judged by hand does not count.",
)
WHAT_DISCRIMINATION = Bi(
    zh="区分度是这道题的得分与其余各题得分的相关系数：接近1，答对它的学生其余也好；接近0或为负，题目值得再看一看。",
    en="Discrimination is the correlation of a question's marks with those of all other questions: near 1, those who have it right "
    "are good at the rest; near 0 or below, the question deserves another look.",
)
WIDTH = 16  # characters of the longest bar


def summary(
    marked: Iterable[Marked],
    langs: tuple[Lang, ...],
    titles: Mapping[str, Bi],
    *,
    subject: str = "",
    guessed: bool = False,
) -> Document:
    """titles: of the mistakes by id. guessed: which questions count was taken from the submissions themselves."""
    figures = ClassFigures()
    for one in marked:
        figures.add(one)
    return summary_of(figures, langs, titles, subject=subject, guessed=guessed)


def summary_of(
    figures: ClassFigures,
    langs: tuple[Lang, ...],
    titles: Mapping[str, Bi],
    *,
    subject: str = "",
    guessed: bool = False,
) -> Document:
    """The same of figures that are at hand."""
    page = Page(langs, "standard")
    line = COUNTED.format(n=figures.submissions, counted=figures.counted)
    if figures.graded < figures.counted:
        line = joined([line, NOT_YET.format(n=figures.counted - figures.graded)], zh="，", en=", ")
    if figures.graded:
        _overall(page, figures)
        _scores(page, figures, titles)
        _questions(page, figures, guessed)
        _mistakes(page, figures, titles)
        _by_hand(page, figures)
        _sheets(page, figures)
    else:
        page.say(NOBODY)
        _by_hand(page, figures)
    _problems(page, figures)
    subtitle = " · ".join([subject] * bool(subject) + [page.label(line)])
    return Document(langs, page.both(TITLE), (subtitle,), tuple(page.blocks), contents=False)


def bar(part: float, whole: float) -> Text:
    """A bar of a chart, drawn in characters so that it is the same in every format."""
    length = round(WIDTH * part / whole) if whole else 0
    return ("■" * max(length, 1),) if part else ("",)


def _heading(page: Page, text: Bi) -> None:
    page.blocks.append(Heading(2, (page.label(text),)))


def _table(page: Page, header: Sequence[Bi], align: str, rows: Sequence[tuple[Text, ...]]) -> None:
    page.blocks.append(Table(tuple(page.both(word) for word in header), align, tuple(rows)))


def percent(share: float) -> str:
    """83%."""
    return f"{100 * share:.0f}%"


def _overall(page: Page, figures: ClassFigures) -> None:
    shares = figures.shares
    values = [percent(share) for share in (figures.mean, statistics.median(shares), max(shares), min(shares))]
    values.append(str(figures.all_right))
    _heading(page, OVERALL)
    _table(page, FIGURES, "r" * len(values), [tuple((value,) for value in values)])


def _scores(page: Page, figures: ClassFigures, titles: Mapping[str, Bi]) -> None:
    """The histogram and the mistakes as one picture, where its layout is sound; a table where there is none."""
    table = Page(page.langs, page.detail)
    _scores_in_rows(table, figures)
    known = sorted(figures.mistakes.items(), key=lambda pair: (pair[0] == "", -pair[1].times, pair[0]))
    chart = class_chart(figures.histogram(), [(mistake_title(id, titles), one.times) for id, one in known])
    page.blocks += [chart.picture(page.langs, tuple(table.blocks))] if chart.sound(page.langs[0]) else table.blocks


def _scores_in_rows(page: Page, figures: ClassFigures) -> None:
    """Ten classes of ten per cent; full marks stand in the last."""
    bins = figures.histogram()
    most = max(bins)
    rows = [
        ((f"{10 * at}–{10 * at + 10}%",), (str(bins[at]),), bar(bins[at], most)) for at in reversed(range(len(bins)))
    ]
    _heading(page, SCORES)
    _table(page, SCORE_HEADER, "lrl", rows)


def _questions(page: Page, figures: ClassFigures, guessed: bool) -> None:
    _heading(page, QUESTIONS)
    if guessed and figures.graded > 2:
        page.say(ASKED)
    known = [figures.questions[key].discrimination for key in figures.order()]
    indexed = any(value is not None for value in known)
    rows = []
    for key, index in zip(figures.order(), known, strict=True):
        one = figures.questions[key]
        text, times = one.most_wrong()
        worst: Text = (shown(text, 40), f" ×{times}") if times > 1 else (shown(text, 40),) if times else ("",)
        only = next(iter(one.names)) if len(one.names) == 1 else ""
        name: Text = (
            (Code(only),)
            if only and not only.startswith(f"q{key}.")  # a topic's sheet calls its third question q3.params
            else (page.label(Bi(f"第{key}题", f"question {key}")),)
        )
        row: tuple[Text, ...] = (
            name,
            (str(one.given),),
            (str(one.right),),
            (percent(one.share),),
            bar(one.share, 1),
            worst,
        )
        rows.append((*row, ("—" if index is None else f"{index:.2f}".replace("-", "−"),)) if indexed else row)
    header = (*QUESTION_HEADER, DISCRIMINATION) if indexed else QUESTION_HEADER
    _table(page, header, "lrrrll" + "r" * indexed, rows)
    if any(
        figures.questions[key].given != figures.questions[key].asked or figures.questions[key].open
        for key in figures.order()
    ):
        page.say(WHAT_SHARE)
    if indexed:
        page.say(WHAT_DISCRIMINATION)


def _mistakes(page: Page, figures: ClassFigures, titles: Mapping[str, Bi]) -> None:
    """Each wrong answer under its most plausible mistake."""
    _heading(page, MISTAKES)
    if not figures.mistakes:
        page.say(NO_MISTAKES)
        return
    most = max(one.times for one in figures.mistakes.values())
    rows = []
    for id, one in sorted(figures.mistakes.items(), key=lambda pair: (pair[0] == "", -pair[1].times, pair[0])):
        title = page.label(mistake_title(id, titles))
        rows.append(((title,), (str(one.times),), (str(one.students),), bar(one.times, most), _places(page, one.where)))
    _table(page, MISTAKE_HEADER, "lrrll", rows)


def mistake_title(id: str, titles: Mapping[str, Bi]) -> Bi:
    """The mistake's title; of two that act together, both."""
    if not id:
        return UNNAMED
    return joined([titles.get(part) or OTHER_TITLES.get(part, same(part)) for part in id.split("+")], zh="＋", en=" + ")


def _places(page: Page, where: Counter[str]) -> Text:
    names = sorted(where, key=lambda name: (-where[name], name))
    parts: list[Code | str] = []
    for name in names[:3]:
        parts += [COMMA[page.langs[0]], Code(name)] if parts else [Code(name)]
    return (*parts, " …") if len(names) > 3 else tuple(parts)


def _by_hand(page: Page, figures: ClassFigures) -> None:
    left = figures.by_hand
    if left:
        _heading(page, BY_HAND)
        rows = [(_who(one), _asked(page, answer), (shown(answer.given, 60),)) for one, answer in left]
        _table(page, BY_HAND_HEADER, "lll", rows)
        if figures.open > len(left):
            page.say(MORE, n=figures.open - len(left))
        page.say(FEED_BACK, columns=Code("student,question,score"), option=Code("--marks"))


def _asked(page: Page, answer: Answered) -> Text:
    number = f"{answer.key}. " if answer.key.isdecimal() else ""
    return (number, Code(answer.question), WORTH.format(n=points_text(answer.points))[page.langs[0]])


def _who(one: Marked) -> Text:
    return (visible(" ".join(part for part in (one.student, one.name) if part) or one.file),)


def _sheets(page: Page, figures: ClassFigures) -> None:
    """The sheets without the student's part: who sends in an easier sheet of his own is seen here."""
    kinds: Counter[str] = Counter()
    for sheet, n in figures.sheets.items():
        kinds[_kind(sheet)] += n
    if len(kinds) > 1 or (kinds and sum(kinds.values()) < figures.graded):
        _heading(page, SHEETS)
        _table(page, SHEET_HEADER, "lr", [((Code(kind),), (str(n),)) for kind, n in sorted(kinds.items())])


def _kind(sheet_id: str | None) -> str:
    from dataclasses import replace

    from explainer.errors import UserError
    from explainer.homework.worksheets.sheet_id import read_id

    if sheet_id is None:
        return ""
    try:
        return replace(read_id(sheet_id), student="", paper="").body
    except UserError:
        return sheet_id


def _problems(page: Page, figures: ClassFigures) -> None:
    said = [(one.file, remarks(one)) for one in figures.problems]
    if said:
        _heading(page, PROBLEMS)
        items = [{lang: (Code(visible(file)), " ", text[lang]) for lang in page.langs} for file, text in said]
        page.blocks.append(Bullets(tuple(items)))
        if figures.with_problems > len(said):
            page.say(MORE, n=figures.with_problems - len(said))
