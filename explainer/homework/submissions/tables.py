"""Rows of cells → answers: columns `question,answer`, one row a student with a column for each question, or `layer | params | output`."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.homework.expressions import expression
from explainer.homework.submissions.base import (
    MAX_ANSWERS,
    MAX_COLUMNS,
    MAX_NAME,
    MAX_ROWS,
    TOO_MANY_ROWS,
    Entry,
    Found,
    plain,
    squeezed,
    stated,
    who,
)
from explainer.homework.submissions.scan import HEAD, is_name, name_in
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

MAX_CELLS = 200_000  # answers of one table
_HEADINGS = {
    "question": "question questions questionname item 题目 问题 题目名 题名 名称 quantity 量",
    "number": "no number q 题号 序号 编号 nr",
    "answer": "answer answers response youranswer myanswer solution solutions mysolution result 答案 回答 作答 解答 你的答案 学生答案 我的答案 结果",
    "layer": "layer layers layername module modules 层 层名 网络层 模块 layertype name",
}
QUESTION, NUMBER, ANSWER, LAYER = (frozenset(words.split()) for words in _HEADINGS.values())
_QUANTITIES = {
    "params": "params param parameters parameter nparams 参数 参数量 参数数量 参数个数 参数数",
    "shape": "shape output outputs outputshape outputsize outshape size 输出 输出尺寸 输出形状 输出大小 尺寸 形状",
    "macs": "macs mac multadds madds multiplyaccumulates multiplyadds 乘加 乘加次数 乘加数 计算量",
    "flops": "flops flop 浮点运算次数 浮点运算量 浮点运算",
    "weights": "weights weight 权重 权重数 权重个数 权重的个数",
    "bias": "bias biases 偏置 偏置数 偏置个数 偏置的个数",
    "activations": "activations activation outputelements 激活 激活值 输出元素个数 元素个数 输出的元素个数",
    "bytes": "bytes byte memory 字节 字节数 内存",
}
_QUANTITY = {word: quantity for quantity, words in _QUANTITIES.items() for word in words.split()}
_BESIDE = frozenset(
    [
        "remark",
        "remarks",
        "comment",
        "comments",
        "note",
        "notes",
        "points",
        "marks",
        "score",
        "备注",
        "说明",
        "批注",
        "分值",
        "分数",
        "得分",
        "满分",
    ]
)
_TOTAL = frozenset(["total", "totals", "sum", "all", "合计", "总计", "总和", "共计", "总"])
_PATH = expression(r"[A-Za-z0-9_][A-Za-z0-9_.@]*+")
NUMBERED = expression(
    r"(?:第|q|Q|问题|题|题目|question|Question)?\s{0,3}[(（]?(\d{1,3})[)）]?\s{0,3}(?:题|[.、．:：])?"
)


def heads(row: Sequence[str]) -> bool:
    """Whether a row is a heading: question and answer, or a student and questions, or a layer and quantities."""
    named = [squeezed(cell) for cell in row[:MAX_COLUMNS]]
    if len(named) > 1 and any(cell in QUESTION for cell in named):
        return True
    if any(cell in NUMBER for cell in named) and any(cell in ANSWER for cell in named):
        return True
    if of_layers(row):
        return True
    return any(who(cell) in ("student", "name") for cell in row[:MAX_COLUMNS]) and any(
        _is_question(cell) for cell in row[:MAX_COLUMNS]
    )


def of_layers(row: Sequence[str]) -> bool:
    """`| layer | params | output |`: the first column has the layers, others are headed by a quantity."""
    named = [squeezed(cell) for cell in row[:MAX_COLUMNS]]
    return len(named) > 1 and named[0] in LAYER and any(cell in _QUANTITY for cell in named[1:])


def asks_questions(rows: Rows) -> bool:
    """Whether a table that stands under a question has questions of its own, and is no part of the answer."""
    return any(heads(row) or (len(row) > 1 and is_name(plain(row[0][:HEAD]))) for row in rows[:MAX_ANSWERS])


def adds_up(rows: Rows) -> bool:
    """A list of layers and one quantity that ends in a total: the answer to the question right above it."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    return (
        len(filled) > 2
        and of_layers(filled[0])
        and sum(squeezed(cell) in _QUANTITY for cell in filled[0][1:]) == 1
        and squeezed(filled[-1][0]) in _TOTAL
    )


def read_rows(rows: Rows, found: Found) -> list[Found]:
    """The answers of a table go into `found`; a table of several students makes one `Found` for each."""
    if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows):
        found.problems.append(TOO_MANY_ROWS.format(rows=MAX_ROWS, columns=MAX_COLUMNS))
        rows = [row[:MAX_COLUMNS] for row in rows[:MAX_ROWS]]
    head = next((at for at, row in enumerate(rows) if heads(row)), None)
    for row in rows[: head if head is not None else len(rows)]:
        cells = [cell for cell in row if cell.strip()]
        if len(cells) >= 2 and found.say(cells[0], cells[1]):
            continue
        if cells and (said := stated(cells[0])) and found.say(*said):
            continue
        if head is None:
            _two_columns(row, found)
    if head is None:
        return [found]
    return _below(rows[head], rows[head + 1 :], found)


def _two_columns(row: Sequence[str], found: Found) -> None:
    """A table without a heading: a question's name or number, then its answer; a row without either goes on with it."""
    cells = [cell for cell in row if cell.strip()]
    if len(cells) >= 2 and _is_question(cells[0]):
        found.entries.append(_entry(cells[0], "\n".join(cells[1:])))
    elif cells and row and not row[0].strip() and found.entries:
        found.entries[-1].add(" ".join(cells))


def _is_question(cell: str) -> bool:
    cell = cell[:HEAD]
    return is_name(plain(cell)) or NUMBERED.fullmatch(cell.strip()) is not None


def _entry(cell: str, answer: str, number: str = "") -> Entry:
    cell = plain(cell[:HEAD])
    numbered = NUMBERED.fullmatch(number[:HEAD].strip() or cell)
    return Entry(answer, name_in(cell), numbered[1] if numbered else "", cell[:MAX_NAME])


def _below(heading: Sequence[str], rows: Rows, found: Found) -> list[Found]:
    columns = [squeezed(cell) for cell in heading]
    if {"满分", "maxscore"} & set(columns):
        found.problems.append(A_GRADE_TABLE)
        return [found]
    question = first(columns, QUESTION)
    number = first(columns, NUMBER)
    answer = first(columns, ANSWER)
    persons = [who(cell) for cell in heading]
    if answer is None and not of_layers(heading):
        answer = _only_other(columns, persons)
    if answer is None:
        return _layers(columns, rows, found) if of_layers(heading) else _wide(heading, rows, found)
    each: dict[tuple[str, str], Found] = {}
    for row in rows:
        cells = [*row, *[""] * (len(heading) - len(row))]
        if not any(cell.strip() for cell in cells) or heads(row):
            continue
        asked = cells[question] if question is not None else ""
        ordinal = cells[number] if number is not None else ""
        said = "  ".join([cells[answer], *_unheaded(columns, cells, answer)]).strip() or cells[answer]
        owner = _owner(cells, persons, found, each)
        if not asked.strip() and not ordinal.strip():
            if said.strip() and owner.entries:  # the answer goes on in the next row
                owner.entries[-1].add(said)
            continue
        if ordinal and is_name(plain(ordinal[:HEAD])) and not asked:
            asked, ordinal = ordinal, ""
        owner.entries.append(_entry(asked or ordinal, said, ordinal))
    return list(each.values()) or [found]


def _only_other(columns: Sequence[str], persons: Sequence[str | None]) -> int | None:
    """Beside a column of questions the only one left has the answers, whatever stands above it ("What I got")."""
    asking = [at for at, cell in enumerate(columns) if cell in QUESTION or cell in NUMBER]
    others = [at for at, cell in enumerate(columns) if cell and at not in asking and cell not in _BESIDE]
    left = [at for at in others if persons[at] is None and not _is_question(columns[at])]
    return left[0] if asking and len(left) == 1 else None


def _unheaded(columns: Sequence[str], cells: Sequence[str], answer: int) -> list[str]:
    """What stands to the right of the answer in columns that have no heading: it is a part of the answer."""
    behind = enumerate(cells[answer + 1 :], start=answer + 1)
    return [cell for at, cell in behind if cell.strip() and (at >= len(columns) or not columns[at])]


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
    most = MAX_CELLS // len(asked)
    if len(rows) > most:
        found.problems.append(TOO_MANY_ROWS.format(rows=most, columns=len(heading)))
    each: list[Found] = []
    for row in rows[:most]:
        cells = [*row, *[""] * (len(heading) - len(row))]
        if not any(cell.strip() for cell in cells):
            continue
        one = Found(sheet_id=found.sheet_id)
        for kind, cell in zip(persons, cells, strict=False):
            if kind:
                one.say(kind, cell)
        one.entries = [_entry(heading[at], cells[at]) for at in asked]
        each.append(one)
    if len(each) == 1 and not each[0].student and not each[0].name:  # one student's own, who says above who it is
        found.entries += each[0].entries
        return [found]
    if each:
        each[0].problems += found.problems
    return each or [found]


def _layers(columns: Sequence[str], rows: Rows, found: Found) -> list[Found]:
    """A layer in each row and a quantity in each column: every cell answers `LAYER.QUANTITY`."""
    for row in rows:
        path = plain(row[0][:HEAD]) if row else ""
        token = _PATH.match(path)
        layer = "total" if squeezed(path) in _TOTAL else token[0].rstrip(".") if token else path[:MAX_NAME]
        if not layer:
            continue
        for column, cell in zip(columns[1:], row[1:], strict=False):
            quantity = _QUANTITY.get(column)
            if quantity and plain(cell):
                found.entries.append(Entry(cell, f"{layer}.{quantity}", "", f"{layer}.{quantity}"))
    return [found]


def first(columns: Sequence[str], words: frozenset[str]) -> int | None:
    """The first column headed by one of the words."""
    return next((at for at, cell in enumerate(columns) if cell in words), None)
