"""QTI 1.2 as Canvas reads it: one assessment with its items, zipped with a manifest.

Canvas's own fields (`question_type`, `points_possible`) stand in each item's metadata, as its exports have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from explainer.homework.worksheets.exports import markup
from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.content import RIGHT, Content, contents, one_line, title_of
from explainer.homework.worksheets.exports.markup import add
from explainer.homework.worksheets.exports.qti import rooted
from explainer.homework.worksheets.exports.tolerance import Tolerance, decimal
from explainer.homework.worksheets.sheet import Sheet
from explainer.i18n.bilingual import Bi, Lang

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
SCHEMA = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2p1.xsd"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
PACKAGE_SCHEMA = "http://www.imsglobal.org/xsd/imscp_v1p1.xsd"
_TYPES = {"number": "numerical_question", "text": "short_answer_question", "choice": "multiple_choice_question"}
RESPONSE = "response1"


def to_qti12(sheet: Sheet, langs: Sequence[Lang], tolerance: Tolerance) -> bytes:
    """The sheet as a zip for Canvas."""
    return markup.archive({"imsmanifest.xml": _manifest(), "sheet/sheet.xml": _assessment(sheet, langs, tolerance)})


def _assessment(sheet: Sheet, langs: Sequence[Lang], tolerance: Tolerance) -> bytes:
    root = rooted("questestinterop", QTI, SCHEMA)
    assessment = add(root, "assessment", ident="sheet", title=one_line(title_of(sheet), langs))
    about = add(assessment, "qtimetadata")
    _field(about, "cc_maxattempts", "1")
    _field(about, "explainer_sheet", sheet.id)
    section = add(assessment, "section", ident="root_section")
    for content in contents(sheet):
        _item(section, content, langs, tolerance)
    return markup.document(root)


def _field(metadata: Element, label: str, entry: str) -> None:
    field = add(metadata, "qtimetadatafield")
    add(field, "fieldlabel", label)
    add(field, "fieldentry", entry)


def _item(section: Element, content: Content, langs: Sequence[Lang], tolerance: Tolerance) -> None:
    item = add(section, "item", ident=content.ident, title=one_line(content.title, langs))
    about = add(add(item, "itemmetadata"), "qtimetadata")
    _field(about, "question_type", _TYPES[content.form])
    _field(about, "points_possible", content.points)
    presentation = add(item, "presentation")
    _material(presentation, markup.html(content, langs))
    if content.form == "choice":
        _choices(presentation, content, langs)
    else:
        response = add(presentation, "response_str", ident=RESPONSE, rcardinality="Single")
        render = add(response, "render_fib", **({"fibtype": "Decimal"} if content.form == "number" else {}))
        add(render, "response_label", ident="answer1", rshuffle="No")
    _processing(item, content, tolerance)
    _feedback(item, "general_fb", content.solution, langs)
    _feedback(item, "correct_fb", (RIGHT,), langs)
    for option in content.options:
        if not option.right and option.feedback.zh:
            _feedback(item, f"{option.ident}_fb", (option.feedback,), langs)


def _material(parent: Element, html: str) -> None:
    add(add(parent, "material"), "mattext", html, texttype="text/html")


def _choices(presentation: Element, content: Content, langs: Sequence[Lang]) -> None:
    response = add(presentation, "response_lid", ident=RESPONSE, rcardinality="Single")
    render = add(response, "render_choice", shuffle="No")
    for option in content.options:
        label = add(render, "response_label", ident=option.ident)
        add(add(label, "material"), "mattext", one_line(option.text, langs), texttype="text/plain")


def _processing(item: Element, content: Content, tolerance: Tolerance) -> None:
    processing = add(item, "resprocessing")
    outcomes = add(processing, "outcomes")
    add(outcomes, "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    always = add(processing, "respcondition", continue_="Yes")
    add(add(always, "conditionvar"), "other")
    _show(always, "general_fb")
    for option in content.options:
        if not option.right and option.feedback.zh:
            wrong = add(processing, "respcondition", continue_="Yes")
            _equal(add(wrong, "conditionvar"), option.ident)
            _show(wrong, f"{option.ident}_fb")
    right = add(processing, "respcondition", continue_="No")
    _right(add(right, "conditionvar"), content, tolerance)
    add(right, "setvar", "100", action="Set", varname="SCORE")
    _show(right, "correct_fb")


def _right(condition: Element, content: Content, tolerance: Tolerance) -> None:
    if content.form == "number" and content.value is not None:
        either = add(condition, "or")
        _equal(either, str(content.value))
        margin = tolerance.margin(content.value)
        between = add(either, "and")
        for tag, end in (("vargte", content.value - margin), ("varlte", content.value + margin)):
            add(between, tag, decimal(Fraction(end)), respident=RESPONSE)
        return
    for value in [option.ident for option in content.options if option.right] or content.accepted:
        _equal(condition, value)


def _equal(condition: Element, value: str) -> None:
    add(condition, "varequal", value, respident=RESPONSE)


def _show(condition: Element, ident: str) -> None:
    add(condition, "displayfeedback", feedbacktype="Response", linkrefid=ident)


def _feedback(item: Element, ident: str, texts: Sequence[Bi], langs: Sequence[Lang]) -> None:
    feedback = add(item, "itemfeedback", ident=ident)
    _material(add(feedback, "flow_mat"), markup.paragraphs(texts, langs))


def _manifest() -> bytes:
    manifest = rooted("manifest", PACKAGE, PACKAGE_SCHEMA, identifier="MANIFEST")
    about = add(manifest, "metadata")
    add(about, "schema", "IMS Content")
    add(about, "schemaversion", "1.1.3")
    add(manifest, "organizations")
    resource = add(add(manifest, "resources"), "resource", identifier="sheet", type="imsqti_xmlv1p2")
    add(resource, "file", href="sheet/sheet.xml")
    return markup.document(manifest)


EXPORT = Export("qti12", "QTI 1.2", of_sheet=to_qti12, tolerances=("absolute", "relative"))
