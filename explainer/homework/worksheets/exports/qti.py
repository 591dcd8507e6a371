"""QTI 2.1: an assessmentItem a question, zipped with its manifest (IMS Question and Test Interoperability 2.1, 2012).

Numbers are compared as numbers, with a tolerance if one is given; texts by their accepted forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from explainer.homework.worksheets.exports import markup
from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.content import RIGHT, Content, contents, lines, one_line, title_of
from explainer.homework.worksheets.exports.markup import add
from explainer.homework.worksheets.exports.tolerance import Tolerance, decimal
from explainer.homework.worksheets.sheet import Sheet
from explainer.i18n.bilingual import Bi, Lang

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
PACKAGE_SCHEMA = "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd"
EXACT_FLOAT = 2**53  # above, a floating-point number no longer tells neighbours apart: compared as text


def to_qti(sheet: Sheet, langs: Sequence[Lang], tolerance: Tolerance) -> bytes:
    """The sheet as a content package (zip)."""
    found = contents(sheet)
    files = {"imsmanifest.xml": _manifest(sheet, found)}
    for content in found:
        files[f"{content.ident}.xml"] = markup.document(_item(sheet, content, langs, tolerance))
    files["test.xml"] = markup.document(_test(sheet, found, langs))
    return markup.archive(files)


def rooted(tag: str, namespace: str, schema: str, **attributes: str) -> Element:
    """A root element with its namespace and where its schema is."""
    ElementTree.register_namespace("xsi", INSTANCE)
    location = {f"{{{INSTANCE}}}schemaLocation": f"{namespace} {schema}"}
    names = {name.rstrip("_"): markup.clean(value) for name, value in attributes.items()}
    return Element(tag, {"xmlns": namespace, **location, **names})


def _item(sheet: Sheet, content: Content, langs: Sequence[Lang], tolerance: Tolerance) -> Element:
    item = rooted(
        "assessmentItem",
        QTI,
        SCHEMA,
        identifier=content.ident,
        title=one_line(content.title, langs),
        adaptive="false",
        timeDependent="false",
        label=f"{sheet.id} {content.item.number}"[:250],
    )
    numeric = content.form == "number" and content.value is not None and abs(content.value) <= EXACT_FLOAT
    base = "identifier" if content.form == "choice" else "float" if numeric else "string"
    _declare(item, content, base)
    for name, cardinality, kind, start in (
        ("SCORE", "single", "float", "0"),
        ("FEEDBACK", "multiple", "identifier", ""),
    ):
        outcome = add(item, "outcomeDeclaration", identifier=name, cardinality=cardinality, baseType=kind)
        if start:
            add(add(outcome, "defaultValue"), "value", start)
    maximum = add(item, "outcomeDeclaration", identifier="MAXSCORE", cardinality="single", baseType="float")
    add(add(maximum, "defaultValue"), "value", content.points)
    _body(item, content, langs)
    feedback = _process(item, content, tolerance, numeric)
    for ident, texts in feedback:
        block = add(item, "modalFeedback", outcomeIdentifier="FEEDBACK", identifier=ident, showHide="show")
        for line in lines(texts, langs):
            add(block, "p", line)
    return item


def _declare(item: Element, content: Content, base: str) -> None:
    response = add(item, "responseDeclaration", identifier="RESPONSE", cardinality="single", baseType=base)
    right = [option.ident for option in content.options if option.right] or list(content.accepted[:1])
    correct = add(response, "correctResponse")
    for value in right[:1]:
        add(correct, "value", value)


def _body(item: Element, content: Content, langs: Sequence[Lang]) -> None:
    body = add(item, "itemBody")
    if content.code:
        add(add(body, "p"), "code", content.code)
    for line in lines(content.text, langs):
        add(body, "p", line)
    if content.form != "choice":
        length = str(max(12, *(len(form) for form in content.accepted)) + 4)
        add(add(body, "p"), "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength=length)
        return
    choice = add(body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle="false", maxChoices="1")
    for option in content.options:
        add(choice, "simpleChoice", one_line(option.text, langs), identifier=option.ident, fixed="true")


def _process(item: Element, content: Content, tolerance: Tolerance, numeric: bool) -> list[tuple[str, Sequence[Bi]]]:
    """The score, and which feedback is shown: that of the answer, and the derivation always."""
    processing = add(item, "responseProcessing")
    condition = add(processing, "responseCondition")
    feedback: list[tuple[str, Sequence[Bi]]] = [("right", (RIGHT,))]
    branch = add(condition, "responseIf")
    _is_right(branch, content, tolerance, numeric)
    _set(branch, "SCORE", content.points)
    _show(branch, "right")
    wrong = [(option.ident, option.ident, option.feedback) for option in content.options if not option.right]
    if numeric:
        wrong = [(f"wrong{at}", str(one.value), one.feedback) for at, one in enumerate(content.wrong, start=1)]
    for ident, value, said in wrong:
        if not said.zh:
            continue
        branch = add(condition, "responseElseIf")
        _equal(branch, value, numeric)
        _show(branch, ident)
        feedback.append((ident, (said,)))
    branch = add(condition, "responseElse")
    _show(branch)
    return [*feedback, ("solution", content.solution)]


def _is_right(branch: Element, content: Content, tolerance: Tolerance, numeric: bool) -> None:
    if numeric:
        _equal(branch, str(content.value), True, tolerance)
    elif content.form == "choice":
        add(add(branch, "match"), "variable", identifier="RESPONSE")
        add(branch[-1], "correct", identifier="RESPONSE")
    else:
        anyone = add(branch, "or")
        for form in content.accepted:
            _equal(anyone, form, False)


def _equal(branch: Element, value: str, numeric: bool, tolerance: Tolerance | None = None) -> None:
    if numeric and tolerance is not None and tolerance.amount and tolerance.mode != "figures":
        _between(branch, Fraction(value), tolerance.margin(int(value)))
        return
    kind = "float" if numeric else "identifier" if len(value) == 1 and value.isalpha() else "string"
    if kind == "identifier":
        test = add(branch, "match")
    elif kind == "string":
        test = add(branch, "stringMatch", caseSensitive="false")
    elif tolerance is None or not tolerance.amount:
        test = add(branch, "equal", toleranceMode="exact")
    else:
        test = add(branch, "equalRounded", roundingMode="significantFigures", figures=decimal(tolerance.amount))
    add(test, "variable", identifier="RESPONSE")
    add(test, "baseValue", value, baseType=kind)


def _between(branch: Element, value: Fraction, margin: Fraction) -> None:
    """The exact limits: programs do not agree on what a relative tolerance is relative to."""
    both = add(branch, "and")
    for tag, end in (("gte", value - margin), ("lte", value + margin)):
        test = add(both, tag)
        add(test, "variable", identifier="RESPONSE")
        add(test, "baseValue", decimal(end), baseType="float")


def _set(branch: Element, name: str, value: str) -> None:
    add(add(branch, "setOutcomeValue", identifier=name), "baseValue", value, baseType="float")


def _show(branch: Element, *idents: str) -> None:
    shown = add(add(branch, "setOutcomeValue", identifier="FEEDBACK"), "multiple")
    for ident in (*idents, "solution"):
        add(shown, "baseValue", ident, baseType="identifier")


def _test(sheet: Sheet, found: Sequence[Content], langs: Sequence[Lang]) -> Element:
    """All items in order, in one part."""
    title = one_line(title_of(sheet), langs)
    test = rooted("assessmentTest", QTI, SCHEMA, identifier="sheet", title=title)
    part = add(test, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="simultaneous")
    section = add(part, "assessmentSection", identifier="section", title=title, visible="true")
    for content in found:
        add(section, "assessmentItemRef", identifier=content.ident, href=f"{content.ident}.xml")
    return test


def _manifest(sheet: Sheet, found: Sequence[Content]) -> bytes:
    manifest = rooted("manifest", PACKAGE, PACKAGE_SCHEMA, identifier="MANIFEST")
    about = add(manifest, "metadata")
    add(about, "schema", "QTIv2.1 Package")
    add(about, "schemaversion", "1.0.0")
    add(manifest, "organizations")
    resources = add(manifest, "resources")
    test = add(resources, "resource", identifier="sheet", type="imsqti_test_xmlv2p1", href="test.xml")
    add(test, "file", href="test.xml")
    for content in found:
        add(test, "dependency", identifierref=content.ident)
    for content in found:
        href = f"{content.ident}.xml"
        entry = add(resources, "resource", identifier=content.ident, type="imsqti_item_xmlv2p1", href=href)
        add(entry, "file", href=href)
    return markup.document(manifest)


EXPORT = Export("qti21", "QTI 2.1", of_sheet=to_qti, endings=(".zip",), tolerances=("absolute", "relative", "figures"))
