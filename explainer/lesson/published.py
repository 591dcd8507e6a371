"""What papers, model cards and documentation print of the model, and why that is not quite what is counted here."""

from __future__ import annotations

from explainer.cost.published import Explained, explained
from explainer.document.builder import Page
from explainer.document.nodes import Code, Table, Text
from explainer.i18n.bilingual import Bi
from explainer.lesson.phrases import capitalised
from explainer.walkthrough.model import Walkthrough

HEADING = Bi(zh="论文和文档中的数", en="What papers and documentation print")
HEADER = (Bi("写作", "Printed"), Bi("出处", "Where"), Bi("与本文的数对照", "Beside the figures here"))


def published_section(page: Page, walk: Walkthrough) -> None:
    """A row for each printed figure of a model in the table; nothing for any other model, and in a brief lesson."""
    wanted = [one for one in explained(walk) if ("macs" if one.figure.of.startswith("macs") else "params") in page.show]
    if not wanted or page.detail == "brief":
        return
    page.heading(2, HEADING)
    rows = tuple(_row(page, one) for one in wanted)
    page.blocks.append(Table(tuple(page.both(title) for title in HEADER), "lll", rows))


def _row(page: Page, one: Explained) -> tuple[Text, ...]:
    address = one.figure.source.url.removeprefix("https://")
    place = page.both(capitalised(one.figure.source.place))
    return (one.figure.says.replace(" ", "\u00a0"),), (*place, " ", Code(address)), page.both(capitalised(one.why))
