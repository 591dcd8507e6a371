"""The teacher's page: how the class did, which mistake how often, what is left to judge by hand."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from explainer.document.builder import Page
from explainer.document.nodes import Bullets, Code, Document, Heading, Table, Text
from explainer.homework.classroom.feedback import shown
from explainer.homework.classroom.gradebook import columns, remarks
from explainer.homework.classroom.record import Answered, Marked, points_text
from explainer.i18n.bilingual import Bi, Lang, joined, same
from explainer.i18n.printable import visible

TITLE = Bi("作业批改小结", "Summary of the homework")
COUNTED = Bi("{n}份作业，计入统计{counted}份", "{n:submission|submissions}, {counted} counted")
OVERALL = Bi("总体情况", "The class as a whole")
FIGURES = (
    Bi("平均得分率", "mean score"),
    Bi("中位数", "median"),
    Bi("最高", "highest"),
    Bi("最低", "lowest"),
    Bi("全部答对的份数", "all answers right"),
)
SCORES = Bi("得分分布", "Distribution of scores")
SCORE_HEADER = (Bi("得分率", "score"), Bi("份数", "submissions"), Bi("分布", "chart"))
QUESTIONS = Bi("各题情况", "Question by question")
QUESTION_HEADER = (
    Bi("题目", "question"),
    Bi("作答", "answered"),
    Bi("答对", "right"),
    Bi("正确率", "right, %"),
    Bi("图示", "chart"),
    Bi("最常见的错误答案", "most frequent wrong answer"),
)
MISTAKES = Bi("常见错误", "Mistakes")
MISTAKE_HEADER = (
    Bi("错误", "mistake"),
    Bi("次数", "times"),
    Bi("人数", "students"),
    Bi("图示", "chart"),
    Bi("出现在", "where"),
)
NO_MISTAKES = Bi("没有可以归类的错误。", "No known mistake was found.")
OTHER_TITLES = {
    "units.wrong": Bi("单位的种类不对", "the wrong kind of unit")
}  # found by the grader, not in the catalogue
UNNAMED = Bi("没有找到原因的错误答案", "wrong without a known cause")
BY_HAND = Bi("需要人工判断的答案", "Answers to judge by hand")
BY_HAND_HEADER = (Bi("学生", "student"), Bi("题目", "question"), Bi("答案", "answer"))
PROBLEMS = Bi("有问题的文件", "Files with problems")
NOBODY = Bi("没有一份作业可以批改。", "There is no submission to grade.")
ASKED = Bi(
    zh="计分的题目取自全班的答卷：至少两份答卷答了的题目。要自己指定，请给出题目表。",
    en="The questions that count were taken from the submissions: those that at least two answer. To set them, give a list of questions.",
)
SHEETS = Bi("用到的练习", "Worksheets handed in")
SHEET_HEADER = (Bi("练习编号", "worksheet"), Bi("份数", "submissions"))
WIDTH = 16  # characters of the longest bar


def summary(
    marked: Sequence[Marked],
    langs: tuple[Lang, ...],
    titles: Mapping[str, Bi],
    *,
    subject: str = "",
    guessed: bool = False,
) -> Document:
    """titles: of the mistakes by id. guessed: which questions count was taken from the submissions themselves."""
    page = Page(langs, "standard")
    counted = [one for one in marked if not one.superseded]
    graded = [one for one in counted if one.answers]
    line = COUNTED.format(n=len(marked), counted=len(counted))
    if graded:
        _overall(page, graded)
        _scores(page, graded)
        _questions(page, graded, guessed)
        _mistakes(page, graded, titles)
        _by_hand(page, graded)
        _sheets(page, graded)
    else:
        page.say(NOBODY)
    _problems(page, marked)
    subtitle = joined([same(subject)] * bool(subject) + [line], zh=" · ", en=" · ")
    return Document(langs, page.both(TITLE), (page.label(subtitle),), tuple(page.blocks))


def bar(part: float, whole: float) -> Text:
    """A bar of a chart, drawn in characters so that it is the same in every format."""
    length = round(WIDTH * part / whole) if whole else 0
    return ("■" * max(length, 1),) if part else ("",)


def _heading(page: Page, text: Bi) -> None:
    page.blocks.append(Heading(2, (page.label(text),)))


def _table(page: Page, header: Sequence[Bi], align: str, rows: Sequence[tuple[Text, ...]]) -> None:
    page.blocks.append(Table(tuple(page.both(word) for word in header), align, tuple(rows)))


def _share(one: Marked) -> float:
    return one.score / one.max_score if one.max_score else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _overall(page: Page, graded: Sequence[Marked]) -> None:
    shares = [_share(one) for one in graded]
    values = [_percent(f(shares)) for f in (statistics.fmean, statistics.median, max, min)]
    values.append(str(sum(one.all_right for one in graded)))
    _heading(page, OVERALL)
    _table(page, FIGURES, "r" * len(values), [tuple((value,) for value in values)])


def _scores(page: Page, graded: Sequence[Marked]) -> None:
    """Ten classes of ten per cent; full marks stand in the last."""
    bins = Counter(min(int(10 * _share(one) + 1e-9), 9) for one in graded)
    most = max(bins.values())
    rows = [((f"{10 * at}–{10 * at + 10}%",), (str(bins[at]),), bar(bins[at], most)) for at in reversed(range(10))]
    _heading(page, SCORES)
    _table(page, SCORE_HEADER, "lrl", rows)


def _questions(page: Page, graded: Sequence[Marked], guessed: bool) -> None:
    _heading(page, QUESTIONS)
    if guessed and len(graded) > 2:
        page.say(ASKED)
    rows = []
    for key in columns(graded):
        answers = [answer for one in graded for answer in one.answers if answer.key == key]
        given = [answer for answer in answers if answer.verdict != "missing"]
        right = sum(answer.right for answer in answers)
        wrong = Counter(answer.given for answer in given if answer.verdict == "wrong")
        text, times = min(wrong.items(), key=lambda pair: (-pair[1], len(pair[0]), pair[0])) if wrong else ("", 0)
        worst: Text = (shown(text, 40), f" ×{times}") if times > 1 else (shown(text, 40),) if times else ("",)
        names = {answer.question for answer in answers}
        name: Text = (Code(names.pop()),) if len(names) == 1 else (page.label(Bi(f"第{key}题", f"question {key}")),)
        share = right / len(answers)
        rows.append((name, (str(len(given)),), (str(right),), (_percent(share),), bar(share, 1), worst))
    _table(page, QUESTION_HEADER, "lrrrll", rows)


def _mistakes(page: Page, graded: Sequence[Marked], titles: Mapping[str, Bi]) -> None:
    """Each wrong answer under its most plausible mistake."""
    times: Counter[str] = Counter()
    students: dict[str, set[str]] = {}
    where: dict[str, Counter[str]] = {}
    for one in graded:
        for answer in one.answers:
            if answer.verdict != "wrong" or not answer.points:
                continue
            id = answer.mistakes[0].id if answer.mistakes else ""
            times[id] += 1
            students.setdefault(id, set()).add(one.file + one.student)
            where.setdefault(id, Counter())[answer.question] += 1
    _heading(page, MISTAKES)
    if not times:
        page.say(NO_MISTAKES)
        return
    most = max(times.values())
    rows = []
    for id, count in sorted(times.items(), key=lambda pair: (pair[0] == "", -pair[1], pair[0])):
        title = page.label(mistake_title(id, titles))
        rows.append(((title,), (str(count),), (str(len(students[id])),), bar(count, most), _places(where[id])))
    _table(page, MISTAKE_HEADER, "lrrll", rows)


def mistake_title(id: str, titles: Mapping[str, Bi]) -> Bi:
    """The mistake's title; of two that act together, both."""
    if not id:
        return UNNAMED
    return joined([titles.get(part) or OTHER_TITLES.get(part, same(part)) for part in id.split("+")], zh="＋", en=" + ")


def _places(where: Counter[str]) -> Text:
    names = sorted(where, key=lambda name: (-where[name], name))
    parts: list[Code | str] = []
    for name in names[:3]:
        parts += [" ", Code(name)] if parts else [Code(name)]
    return (*parts, " …") if len(names) > 3 else tuple(parts)


def _by_hand(page: Page, graded: Sequence[Marked]) -> None:
    left = [(one, answer) for one in graded for answer in one.answers if answer.verdict in ("undecided", "unreadable")]
    if left:
        _heading(page, BY_HAND)
        _table(
            page,
            BY_HAND_HEADER,
            "lll",
            [(_who(one), _asked(answer), (shown(answer.given, 60),)) for one, answer in left],
        )


def _asked(answer: Answered) -> Text:
    return (Code(answer.question), f" ({points_text(answer.points)})")


def _who(one: Marked) -> Text:
    return (" ".join(part for part in (one.student, one.name) if part) or one.file,)


def _sheets(page: Page, graded: Sequence[Marked]) -> None:
    """The sheets without the student's part: who sends in an easier sheet of his own is seen here."""
    kinds = Counter(kind for one in graded if (kind := _kind(one.sheet_id)))
    if len(kinds) > 1 or (kinds and sum(kinds.values()) < len(graded)):
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


def _problems(page: Page, marked: Sequence[Marked]) -> None:
    said = [(one.file, remarks(one)) for one in marked if one.problems or one.superseded]
    if said:
        _heading(page, PROBLEMS)
        items = [{lang: (Code(visible(file)), " ", text[lang]) for lang in page.langs} for file, text in said]
        page.blocks.append(Bullets(tuple(items)))
