"""One layer's section: its line, its parameters, its output size, its cost, and torch's word on them."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.document.builder import Page, merge
from explainer.document.given import of_output
from explainer.document.nodes import Code, Heading, Inline, Math, Paragraph, Strong
from explainer.formula.tree import Number, Sum
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.lesson.macs import NONE as NO_MACS
from explainer.lesson.macs import macs
from explainer.lesson.parameters import parameters, sentences, without_rule
from explainer.lesson.phrases import COLON, EQUALS, capitalised, derived_sizes, without_batch
from explainer.lesson.sizes import output_size, shape_change
from explainer.lesson.torch_check import check
from explainer.walkthrough.model import Layer

THAT_IS, STOP = Bi("，即", ", that is, "), Bi("。", ".")
ADDED_UP, CHANNELS = Bi("，其中{axis}为", ", where {axis} "), Bi("通道数", "the channels are")
THAT_SIZE = Bi("拼接的一维", "the joined dimension is")
_GAP: dict[Lang, str] = {"zh": "", "en": " "}


def layer_section(page: Page, layer: Layer) -> None:
    """A layer derived: parameters, output size, computation, and what else is shown."""
    _headed(page, layer)
    if layer.rule is None:
        without_rule(page, layer)
        page.illustrate(layer.index)
        return
    known = page.known.setdefault(layer.rule.name, layer.index)
    sentences = parameters(page, layer, known) if "params" in page.show else []
    if "shape" in page.show:
        output_size(page, layer, sentences)
    else:
        page.tell(sentences)
    if "macs" in page.show:
        macs(page, layer)
    if "memory" in page.show and page.cost:
        from explainer.lesson.memory import layer_memory

        layer_memory(page, layer, page.cost)
    if "receptive-field" in page.show and page.cost:
        from explainer.lesson.receptive import receptive

        receptive(page, layer, page.cost)
    page.illustrate(layer.index)
    check(page, layer)


def _headed(page: Page, layer: Layer) -> None:
    title = layer.rule.title if layer.rule else same(layer.type)
    place = (_placed(page, layer),) if layer.place else ()
    number = (
        () if page.detail == "handout" else (f"{layer.index}　",)
    )  # a handout has examples only: 1, 5, 34 would count nothing
    page.blocks.append(
        Heading(3, (*number, *page.both(capitalised(title)), " ", Code(layer.path or layer.type), *place))
    )
    if layer.call.op is not None:
        page.put(Code(f"{layer.call.type}({layer.call.op.text})"))


def _placed(page: Page, layer: Layer) -> str:
    if not layer.place:
        return ""
    return f"（{layer.place}）" if page.langs[0] == "zh" else f" ({layer.place})"


def quiet_line(page: Page, layer: Layer) -> None:
    """A step without a number to derive, in a paragraph: **激活层** `relu`：…"""
    assert layer.rule is not None and layer.parameters is not None and layer.output is not None
    page.known.setdefault(layer.rule.name, layer.index)
    told = (
        sentences(page, layer.rule.name, layer.parameters.why, layer.parameters.remark) if "params" in page.show else []
    )
    told = [
        text for text in told if page.first(("quiet", text))
    ]  # what was said of another quiet step is not said again
    running = [page.words(text) for text in told]
    if "shape" in page.show:
        running += [said for said in of_output(page, layer) if page.first(("quiet", str(said))) or not running]
        before, after = without_batch(layer)
        told = sentences(page, layer.rule.name + ".output", (), layer.output.remark)
        running += [page.words(text) for text in (*told, *([shape_change(layer)] if before != after else []))]
    paper = page.detail == "handout"  # whose table of the network has no computation for these
    cost = "macs" in page.show and not paper and layer.kind in NO_MACS and page.first(("no macs", layer.kind))
    title, place = capitalised(layer.rule.title), (" ", Code(layer.path or layer.type))
    said = {}
    for lang, text in page.run_together(running).items():
        uncounted = [_GAP[lang], NO_MACS[layer.kind][lang]] if cost else []
        worked = list(_worked_out(page, layer, lang))
        if worked and text and isinstance(text[-1], str):  # 形状由512×7×7变为25,088，即F=…
            text = (*text[:-1], text[-1].rstrip().removesuffix(STOP[lang]))
        lead: tuple[Inline, ...] = (Strong(title[lang]), *(place if lang == page.langs[0] else ()))
        said[lang] = merge((*lead, COLON[lang], *text, *worked, *uncounted, f"{_GAP[lang]}✓"))
    page.blocks.append(Paragraph(said))


def _worked_out(page: Page, layer: Layer, lang: Lang) -> Iterator[Inline]:
    """即512·7·7=25,088。 A sentence with the dimension that is worked out."""
    for name, size in derived_sizes(layer)[:1] if "shape" in page.show else []:
        if name.startswith("d_") and not isinstance(size.substituted, Sum):
            continue
        added = ADDED_UP.format(axis=CHANNELS if name == "C_out" else THAT_SIZE)
        yield (added if isinstance(size.substituted, Sum) else THAT_IS)[lang]
        yield Math(size.substituted)  # in numbers: a symbol would have to be introduced
        if not isinstance(size.substituted, Number):
            yield from (EQUALS[lang], Math(Number(size.value)))
        yield STOP[lang]
