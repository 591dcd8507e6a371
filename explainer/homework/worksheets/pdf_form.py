"""The worksheet as a PDF with fields to fill in.

Fields are called q1, q2, …; the question's own name is each field's alternative name (a field's name may have no dots).
The sheet's id is in a hidden field that cannot be changed. Answers are set in Helvetica, which every reader has, so that
a field can be typed into anywhere; a name in Chinese characters is set in a font of the reader's own.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from explainer.collector import collector_off
from explainer.document.builder import Page
from explainer.homework.grading.rubric import points_text
from explainer.homework.worksheets.page import (
    COLON,
    COMMA,
    DOT,
    FULL,
    GROUP,
    MARK,
    NAME,
    NUMBER,
    STOP,
    WORTH,
    instructions,
    sections,
)
from explainer.homework.worksheets.question_text import ANSWER, asked, before_blank, option_text
from explainer.homework.worksheets.sheet import Item, Sheet, letter
from explainer.i18n.bilingual import Lang
from explainer.render.html.assets import fill, stylesheet
from explainer.render.html.fonts import linked_faces
from explainer.render.html.labels import labels
from explainer.render.pdf.chinese_justify import chinese_justified
from explainer.render.pdf.write import load_weasyprint, only_ours

_READ_ONLY, _HIDDEN = 1, 2
_FONT = "/Helv 10 Tf 0 g"


def form_pdf(sheet: Sheet, langs: tuple[Lang, ...]) -> bytes:
    """The sheet on A4 with fields; the same bytes for the same sheet. Raises UserError where PDF is not available."""
    weasyprint = load_weasyprint()
    with collector_off(), chinese_justified(weasyprint):
        page = weasyprint.HTML(
            string=form_html(sheet, langs), base_url=None, url_fetcher=only_ours(weasyprint), media_type="print"
        )
        content: bytes = page.write_pdf(pdf_forms=True, pdf_tags=True, finisher=_finished)
    return content


def form_html(sheet: Sheet, langs: tuple[Lang, ...]) -> str:
    """The page as WeasyPrint gets it."""
    page = Page(langs, "standard")
    under = FULL.format(id=sheet.id, points=points_text(sheet.points))
    student = sheet.student
    known = {"name": student.name, "student": student.number, "group": student.group} if student else {}
    colon = "：" if langs[0] == "zh" else ": "
    fields = [("name", NAME), ("student", NUMBER), ("group", GROUP)]
    who = [{"name": name, "label": page.label(word) + colon, "known": known.get(name, "")} for name, word in fields]
    who.append({"name": "score", "label": page.label(MARK) + colon, "known": "\u3000" * 4})
    rules = [["".join(map(str, item[lang])) for lang in langs] for item in instructions(page, sheet).items]
    return fill(
        "sheet.html",
        words=labels(",".join(langs)),
        title=sheet.title[langs[0]],
        titles=list(dict.fromkeys(sheet.title[lang] for lang in langs)),
        under=list(dict.fromkeys(under[lang] for lang in langs)),
        who=who,
        rules=rules,
        sections=[
            {"heading": page.label(heading), "head": heading[langs[0]], "items": [_item(item, langs) for item in items]}
            for heading, items in sections(sheet)
        ],
        id=sheet.id,
        hidden=[(name, known[name]) for name in ("student",) if known.get(name)],
        style=Markup(linked_faces() + stylesheet("print.css") + stylesheet("sheet.css")),
    )


def _item(item: Item, langs: tuple[Lang, ...]) -> dict[str, Any]:
    words = asked(item)
    worth = WORTH.format(points=points_text(item.points))
    lines = [
        {
            "lang": lang,
            "number": f"{item.number}{DOT[lang]}",
            "worth": worth[lang],
            "path": words.path,
            "colon": COLON[lang],
            "kind": words.kind[lang],
            "layer": words.layer,
            "rest": (COMMA[lang] + words.given[lang] if words.given.en else "") + STOP[lang] + words.find[lang],
        }
        for lang in langs
    ]
    options = [
        {"letter": letter(at), "text": Page(langs, "standard").label(option_text(item, choice.text))}
        for at, choice in enumerate(item.choices)
    ]
    return {
        "n": item.number,
        "name": item.name,
        "style": item.style,
        "lines": lines,
        "options": options,
        "dot": DOT[langs[0]],
        "answer": before_blank(ANSWER, langs),
    }


def _finished(document: Any, pdf: Any) -> None:
    """What WeasyPrint does not write: the fields' font for every reader, and the hidden fields."""
    import pydyf  # type: ignore[import-untyped]

    form = pdf.catalog.get("AcroForm")
    if form is None:
        return
    helvetica = pydyf.Dictionary(
        {"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica", "Encoding": "/WinAnsiEncoding"}
    )
    pdf.add_object(helvetica)
    form["DR"] = pydyf.Dictionary({"Font": pydyf.Dictionary({"Helv": helvetica.reference})})
    form["DA"] = pydyf.String(_FONT)
    for made in pdf.objects:
        if not isinstance(made, pydyf.Dictionary) or made.get("FT") not in ("/Tx", "/Ch"):
            continue
        made["DA"] = pydyf.String(_FONT)
        if made["T"].string in ("sheet", "student") and made["V"].string:
            made["Ff"], made["F"] = _READ_ONLY, _HIDDEN
