"""Rows of cells → answers: columns `question,answer`, or one row a student with a column for each question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explainer.homework.submissions.base import MAX_NAME, NAME, Entry, Found, plain, squeezed, who
from explainer.i18n.bilingual import Bi

Rows = Sequence[Sequence[str]]

NO_ANSWER_COLUMN = Bi(
    zh="表格里有题目一列，没有“答案”一列；表头请写 question,answer。",
    en="The table has a column of questions, but none headed 'answer'; head the columns question,answer.",
)

A_GRADE_TABLE = Bi(
    zh="这是一张成绩表，不是作业，没有批改。",
    en="This is a table of grades, not homework, and was not graded.",
)

_HEADINGS = {
    "question": "question questions questionname item 题目 问题 题目名 题名 名称 quantity 量",
    "number": "no number q 题号 序号 编号 nr",
    "answer": "answer answers response youranswer result 答案 回答 作答 解答 你的答案 学生答案 我的答案 结果",
}
QUESTION, NUMBER, ANSWER = (frozenset(words.split()) for words in _HEADINGS.values())
NUMBERED = re.compile(r"(?:第|q|Q|问题|题|题目|question|Question)?\s*[(（]?(\d{1,3})[)）]?\s*(?:题|[.、．:：])?")


def heads(row: Sequence[str]) -> bool:
    """Whether a row is a heading: question and answer, or a student and questions."""
    named = [squeezed(cell) for cell in row]
    if len(named) > 1 and any(cell in QUESTION for cell in named):
        return True
    if any(cell in NUMBER for cell in named) and any(cell in ANSWER for cell in named):
        return True
    return any(who(cell) in ("student", "name") for cell in row) and any(_is_question(cell) for cell in row)


def read_rows(rows: Rows, found: Found) -> list[Found]:
    """The answers of a table go into `found`; a table of several students makes one `Found` for each."""
    head = next((at for at, row in enumerate(rows) if heads(row)), None)
    for row in rows[: head if head is not None else len(rows)]:
        cells = [cell for cell in row if cell.strip()]
        if len(cells) >= 2 and found.say(cells[0], cells[1]):
            continue
        if cells and _meta(cells[0], found):
            continue
        if head is None:
            _two_columns(cells, found)
    if head is None:
        return [found]
    return _below(rows[head], rows[head + 1 :], found)


def _meta(cell: str, found: Found) -> bool:
    """`# 学号: 2023…`, `姓名：张三` in one cell."""
    said = re.fullmatch(r"\s*#?\s*([^:：=]{1,20})\s*[:：=]\s*(.*?)\s*", cell)
    return bool(said and found.say(said[1], said[2]))


def _two_columns(cells: list[str], found: Found) -> None:
    """A table without a heading: a question's name or number, then its answer."""
    if len(cells) >= 2 and _is_question(cells[0]):
        found.entries.append(_entry(cells[0], cells[-1] if len(cells) == 2 else cells[1]))


def _is_question(cell: str) -> bool:
    return bool(NAME.fullmatch(plain(cell)) or NUMBERED.fullmatch(cell.strip()))


def _entry(cell: str, answer: str, number: str = "") -> Entry:
    cell = plain(cell)
    named = NAME.search(cell)
    numbered = NUMBERED.fullmatch(number.strip() or cell)
    return Entry(answer, named[0] if named else "", numbered[1] if numbered else "", cell[:MAX_NAME])


def _below(heading: Sequence[str], rows: Rows, found: Found) -> list[Found]:
    columns = [squeezed(cell) for cell in heading]
    if {"满分", "maxscore"} & set(columns):
        found.problems.append(A_GRADE_TABLE)
        return [found]
    question = first(columns, QUESTION)
    number = first(columns, NUMBER)
    answer = first(columns, ANSWER)
    persons = [who(cell) for cell in heading]
    if answer is None:
        return _wide(heading, rows, found)
    each: dict[tuple[str, str], Found] = {}
    for row in rows:
        cells = [*row, *[""] * (len(heading) - len(row))]
        if not any(cell.strip() for cell in cells) or heads(row):
            continue
        asked = cells[question] if question is not None else ""
        ordinal = cells[number] if number is not None else ""
        if not asked.strip() and not ordinal.strip():
            continue
        if ordinal and NAME.fullmatch(plain(ordinal)) and not asked:
            asked, ordinal = ordinal, ""
        owner = _owner(cells, persons, found, each)
        owner.entries.append(_entry(asked or ordinal, cells[answer], ordinal))
    return list(each.values()) or [found]


def _owner(
    cells: Sequence[str], persons: Sequence[str | None], found: Found, each: dict[tuple[str, str], Found]
) -> Found:
    """Whose row this is: a new student's number or name begins a new one."""
    said = {kind: cell.strip() for kind, cell in zip(persons, cells, strict=False) if kind and cell.strip()}
    person = (said.get("student", ""), said.get("name", ""))
    if not any(person):
        if each:
            return next(reversed(each.values()))
        person = (found.student, found.name)
    if person not in each:
        each[person] = found if not each else Found(sheet_id=found.sheet_id)
        each[person].say("student", person[0])
        each[person].say("name", person[1])
    if "sheet" in said:
        each[person].say("sheet", said["sheet"])
    return each[person]


def _wide(heading: Sequence[str], rows: Rows, found: Found) -> list[Found]:
    """One row a student, as form services export them: 学号,姓名,features.0.params,features.0.shape,…"""
    persons = [who(cell) for cell in heading]
    asked = [at for at, cell in enumerate(heading) if _is_question(cell)]
    if not asked:
        found.problems.append(NO_ANSWER_COLUMN)
        return [found]
    each: list[Found] = []
    for row in rows:
        cells = [*row, *[""] * (len(heading) - len(row))]
        if not any(cell.strip() for cell in cells):
            continue
        one = Found(sheet_id=found.sheet_id)
        for kind, cell in zip(persons, cells, strict=False):
            if kind:
                one.say(kind, cell)
        one.entries = [_entry(heading[at], cells[at]) for at in asked]
        each.append(one)
    return each or [found]


def first(columns: Sequence[str], words: frozenset[str]) -> int | None:
    """The first column headed by one of the words."""
    return next((at for at, cell in enumerate(columns) if cell in words), None)
