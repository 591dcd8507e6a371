"""Answers typed in the terminal: one question after the other, each judged at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from explainer.homework.classroom.assignment import Asked, Assignment, all_asked
from explainer.homework.classroom.marker import Marker
from explainer.homework.classroom.one_file import TOTAL, answer_lines
from explainer.homework.classroom.record import Answered, Marked, points_text
from explainer.homework.grading.read_as import READ_AS
from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
    from explainer.homework.grading.policy import Policy
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.worksheets.sheet import Sheet
    from explainer.walkthrough.model import Walkthrough

TYPING = Bi(
    zh="请逐题输入答案，按回车提交；空行跳过，Ctrl-D 结束。",
    en="Type each answer and press Enter; an empty line skips the question, Ctrl-D ends.",
)
PROMPT = Bi(zh="第{n}题（共{all}题）：{text}", en="Question {n} of {all}: {text}")
AGREED = Bi(
    zh="读得对，按回车；不对，请重新输入。",
    en="Press Enter if that is what you mean; otherwise write it again.",
)
AGAIN = Bi(
    zh="请换一种写法再输入一次；直接按回车则交给教师。",
    en="Write it another way; Enter alone leaves it to the teacher.",
)
ASK = 10  # questions asked in the terminal where none are named


def check_typed(
    walk: Walkthrough | None,
    questions: Iterable[str] | None = None,
    *,
    sheet: Sheet | None = None,
    lang: Lang = "en",
    hint: bool = False,
    policy: Policy | None = None,
    rubric: Rubric | None = None,
    ask: Callable[[str], str] = input,
    say: Callable[[str], None] = print,
) -> tuple[Marked, int]:
    """Ask one question after the other and judge each answer at once. (the result, exit code)

    questions: names, maybe each with its marks, by default a choice over the model; sheet: a worksheet's instead. hint: a wrong answer gets a hint
    and another try. policy, rubric: how answers are judged and marked. An answer in words is read back before it is judged. ask: reads a line after a prompt, EOFError ends; say: prints a line. Raises UserError for a name that is no question.
    """
    points = dict(questions) if isinstance(questions, Mapping) else {}
    assignment = Assignment(walk, points=points, rubric=rubric, policy=policy)
    asked: list[Asked]
    if sheet is not None:
        asked = list(all_asked(sheet))
    else:
        names = list(questions) if questions else list(chosen(walk)) if walk is not None else []
        asked = [assignment.asked(name, None) for name in names]
    marker = Marker(assignment, hint)
    done: list[Answered] = []
    say(TYPING[lang])
    for n, one in enumerate(asked, start=1):
        say("")
        say(PROMPT.format(n=n, all=len(asked), text=one.title)[lang])
        for option in options(one, lang):
            say(option)
        answer = _typed(one, marker, lang, ask, say)
        if answer is None:
            break
        done.append(answer)
    marked = Marked("-", "", "", sheet.id if sheet else None, tuple(done))
    if done:
        say("")
        say(TOTAL.format(score=points_text(marked.score), full=points_text(marked.max_score))[lang])
    return marked, marked.exit_code


def _typed(
    asked: Asked, marker: Marker, lang: Lang, ask: Callable[[str], str], say: Callable[[str], None]
) -> Answered | None:
    """One question's last answer; None where the typing has ended."""
    answer = marker.answer(asked, "")
    while True:
        try:
            text = ask("> ").strip()
        except EOFError:
            return None
        if not text:
            return answer
        text = _confirmed(asked, marker, lang, ask, say, text)
        answer = marker.answer(asked, text)
        again = answer.verdict == "unreadable"  # another try: nothing may give the answer away
        for line in answer_lines(answer, lang, hint=marker.hint or again):
            say(line)
        if again:
            say(AGAIN[lang])
        if answer.verdict != "unreadable" and (answer.right or not marker.hint):
            return answer


def _confirmed(
    asked: Asked, marker: Marker, lang: Lang, ask: Callable[[str], str], say: Callable[[str], None], text: str
) -> str:
    """The answer once its reading is agreed to: before it is judged it may be written again, as often as it is misread."""
    while (reading := marker.reading(asked, text)) is not None:
        say(READ_AS.format(reading=reading)[lang])
        say(AGREED[lang])
        try:
            again = ask("> ").strip()
        except EOFError:
            return text
        if not again:
            return text
        text = again
    return text


def options(asked: Asked, lang: Lang) -> Iterable[str]:
    """The lettered options of a multiple choice."""
    from explainer.homework.worksheets.sheet import letter

    if asked.item is not None:
        for at, choice in enumerate(asked.item.choices):
            yield f"  {letter(at)}. {choice.text[lang]}"


def chosen(walk: Walkthrough) -> Iterator[str]:
    """Questions for a first try: the parameters of layers that differ, a few output sizes, the total."""
    told: set[tuple[str, int]] = set()
    names: list[str] = []
    for layer in walk.layers:
        if layer.params is None or not layer.path:
            continue
        new = (layer.type, layer.params.value) not in told
        told.add((layer.type, layer.params.value))
        if new and layer.params.value:
            names.append(f"{layer.path}.params")
        elif new and layer.shape:
            names.append(f"{layer.path}.shape")
    yield from names[: ASK - 1]
    yield "total.params"
