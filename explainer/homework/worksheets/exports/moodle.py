"""Moodle XML (docs.moodle.org, "Moodle XML format"): numerical, short answer and multiple choice questions.

In two languages the text is marked for Moodle's multi-language filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from explainer.homework.worksheets.exports import markup
from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.content import RIGHT, Content, contents, one_line, title_of
from explainer.homework.worksheets.exports.markup import add
from explainer.homework.worksheets.exports.tolerance import Tolerance, decimal
from explainer.homework.worksheets.sheet import Sheet
from explainer.i18n.bilingual import Bi, Lang

_MOODLE_LANG: dict[Lang, str] = {"zh": "zh_cn", "en": "en"}


def to_moodle(sheet: Sheet, langs: Sequence[Lang], tolerance: Tolerance) -> bytes:
    """The sheet as a question bank."""
    quiz = Element("quiz")
    category = add(quiz, "question", type="category")
    add(
        add(category, "category"),
        "text",
        f"$course$/top/{one_line(title_of(sheet), langs).replace('/', '//')} {sheet.id}",
    )
    for content in contents(sheet):
        _question(quiz, sheet, content, langs, tolerance)
    return markup.document(quiz)


def _title(text: Bi, langs: Sequence[Lang]) -> str:
    return one_line(text, langs)


def _question(quiz: Element, sheet: Sheet, content: Content, langs: Sequence[Lang], tolerance: Tolerance) -> None:
    kind = {"number": "numerical", "text": "shortanswer", "choice": "multichoice"}[content.form]
    question = add(quiz, "question", type=kind)
    add(add(question, "name"), "text", _title(content.title, langs))
    _html(question, "questiontext", _said(content, langs))
    _html(question, "generalfeedback", _multilang(content.solution, langs))
    add(question, "defaultgrade", content.points)
    add(question, "penalty", "0.3333333")
    add(question, "hidden", "0")
    add(question, "idnumber", f"{sheet.id[:90]}-{content.item.number}")
    if content.form == "choice":
        _choices(question, content, langs)
    elif content.form == "number" and content.value is not None:
        margin = tolerance.margin(content.value)
        _answer(question, 100, str(content.value), (RIGHT,), langs, decimal(margin))
        for wrong in content.wrong:
            if abs(Fraction(wrong.value - content.value)) > margin:
                _answer(question, 0, str(wrong.value), (wrong.feedback,), langs, "0")
    else:
        add(question, "usecase", "0")
        for form in content.accepted:
            _answer(question, 100, _literally(form), (RIGHT,), langs)


def _literally(text: str) -> str:
    """A short answer in which `*` is no wildcard."""
    return text.replace("*", r"\*")


def _choices(question: Element, content: Content, langs: Sequence[Lang]) -> None:
    add(question, "single", "true")
    add(question, "shuffleanswers", "false")
    add(question, "answernumbering", "ABCD")
    for option in content.options:
        answer = add(question, "answer", fraction="100" if option.right else "0", format="html")
        add(answer, "text", _multilang((option.text,), langs))
        _html(answer, "feedback", _multilang((option.feedback,), langs))


def _answer(
    question: Element, fraction: int, text: str, said: Sequence[Bi], langs: Sequence[Lang], tolerance: str | None = None
) -> None:
    answer = add(question, "answer", fraction=str(fraction), format="moodle_auto_format")
    add(answer, "text", text)
    _html(answer, "feedback", _multilang(said, langs))
    if tolerance is not None:
        add(answer, "tolerance", tolerance)


def _html(parent: Element, tag: str, html: str) -> None:
    add(add(parent, tag, format="html"), "text", html)


def _said(content: Content, langs: Sequence[Lang]) -> str:
    root = Element("div")
    if content.code:
        add(add(root, "p"), "code", content.code)
    return markup.inside(root) + _multilang(content.text, langs)


def _multilang(texts: Sequence[Bi], langs: Sequence[Lang]) -> str:
    """Paragraphs; where the languages differ, each in a span of its own that the filter chooses from."""
    root = Element("div")
    for text in texts:
        paragraph = add(root, "p")
        if len(langs) == 1 or text.zh == text.en:
            paragraph.text = markup.clean(text[langs[0]])
            continue
        for lang in langs:
            add(paragraph, "span", text[lang], class_="multilang", lang=_MOODLE_LANG[lang])
    return markup.inside(root)


EXPORT = Export("moodle", "Moodle XML", of_sheet=to_moodle, endings=(".xml",), tolerances=("absolute", "relative"))
