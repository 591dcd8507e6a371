"""What papers, model cards and documentation print of the model, and why that is not quite what is counted here."""

from __future__ import annotations

from explainer.cost.published import Explained, Source, explained
from explainer.document.builder import Page, merge
from explainer.document.nodes import Bullets, Code, Inline, Strong, Text, Words
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.walkthrough.model import Walkthrough

HEADING = Bi(zh="论文和文档中的数", en="What papers and documentation print")
NEXT, COLON, STOP = Bi("；", "; "), Bi("：", ": "), Bi("。", ".")
THIS_ONE, THESE = "即得此数", "即得这些数"  # of several digits
SAME_SOURCE = Bi(zh="　出处同上", en=", same place")
SOURCE = Bi(zh="　{place} {address}", en=", {place}, {address}")


def published_section(page: Page, walk: Walkthrough) -> None:
    """An item for each quantity of a model in the table, with all that was printed of it; nothing for any other model, and in a brief lesson."""
    wanted = [one for one in explained(walk) if ("macs" if one.figure.of.startswith("macs") else "params") in page.show]
    if not wanted or page.detail == "brief":
        return
    page.heading(2, HEADING)
    alike: dict[Bi, list[Explained]] = {}
    for one in wanted:
        alike.setdefault(one.why, []).append(one)
    told: list[Source] = []
    items: list[Words] = []
    for why, figures in alike.items():
        items.append({lang: _item(why, figures, told[-1:], lang) for lang in page.langs})
        told += [one.figure.source for one in figures]
    page.blocks.append(Bullets(tuple(items)))


def _item(why: Bi, figures: list[Explained], before: list[Source], lang: Lang) -> Text:
    """4.1 G, ResNeXt's README, address; 4.09 G, torchvision's documentation, address: 4,089,184,256 multiply-accumulates, rounded."""
    parts: list[Inline] = []
    for one in figures:
        source = one.figure.source
        parts += [NEXT[lang] if parts else "", Strong(one.figure.says.replace(" ", "\u00a0"))]
        if source in before:
            parts.append(SAME_SOURCE[lang])
            continue
        opening, closing = SOURCE.format(place=source.place, address=same("|"))[lang].split("|")
        parts += [opening, Code(source.url.removeprefix("https://"), address=source.url), closing]
    several = len({one.figure.says for one in figures}) > 1
    said = why[lang].replace(THIS_ONE, THESE) if several else why[lang]
    return merge((*parts, COLON[lang], said, STOP[lang]))
