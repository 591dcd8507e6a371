"""One layer's section: its line, its parameters, its output size, its cost, and torch's word on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainer.document.builder import Page
from explainer.document.nodes import Code, Heading, Strong
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lesson.macs import MACS, for_one, macs
from explainer.lesson.parameters import PARAMETERS, parameters, without_rule
from explainer.lesson.phrases import (
    COLON,
    COMMA,
    capitalised,
    derived_sizes,
    keeps_shape,
    without_batch,
    worked_text,
)
from explainer.lesson.sizes import output_size
from explainer.lesson.torch_check import check
from explainer.walkthrough.model import Layer

SAME_AS = Bi(zh="同{n}", en="same as {n}")
LIKE = Bi(zh="同{n}", en="as in {n}")
OUTPUT = Bi(zh="输出", en="output")
NO_PARAMETERS = Bi(zh="参数量0", en="no parameters")
UNCHANGED = Bi(zh="形状不变", en="shape unchanged")


TAKES_PARAMETERS = "takes parameters"


@dataclass
class Told:
    """What earlier sections derived: the first layer of each rule, and where one-line entries point to."""

    first: dict[str, int] = field(default_factory=dict)
    pointers: dict[int, tuple[int, bool]] = field(default_factory=dict)
    forms: dict[int, str] = field(default_factory=dict)
    collapsed: set[int] = field(default_factory=set)
    stand_ins: dict[int, int] = field(default_factory=dict)

    def says_the_same(self, known: int, layer: Layer) -> bool:
        """A function's rule may say different things (a residual addition, a crop): then a section of its own."""
        form = _form(layer)
        first = self.forms.get(known, form)
        return layer.call.op is not None or (form != TAKES_PARAMETERS and form == first)

    def remember(self, layer: Layer) -> None:
        """What the section of this layer says."""
        self.forms.setdefault(layer.index, _form(layer))

    def section(self, index: int) -> tuple[int, bool]:
        """The layer with the full section that `index` leads to, and whether it is equal or only alike."""
        return self.pointers.get(index, (index, True))


def _form(layer: Layer) -> str:
    """Which of the things that its rule may say this layer's section says."""
    if any(operand.parameter for operand in layer.call.operands):
        return TAKES_PARAMETERS
    return layer.output.form if layer.output else ""


def layer_section(page: Page, layer: Layer, told: Told) -> None:
    """A full section, or one line for a layer like an earlier one (always to one that has a section)."""
    if layer.rule is None:
        _headed(page, layer)
        without_rule(page, layer)
        page.illustrate(layer.index)
        return
    known = told.first.setdefault(layer.rule.name, layer.index)
    told.remember(layer)
    pointer = (
        _pointer(layer, known, told) if page.detail != "full" and not layer.shared_with and layer.checked else None
    )
    if pointer:
        told.pointers[layer.index] = pointer
        _one_line(page, layer, SAME_AS if pointer[1] else LIKE, pointer[0])
        return
    _headed(page, layer)
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


def _pointer(layer: Layer, known: int, told: Told) -> tuple[int, bool] | None:
    """The section that already says all there is to say of this layer."""
    if layer.same_as is not None and layer.same_as in told.collapsed:
        first = told.stand_ins.setdefault(layer.same_as, layer.index)  # equal to a step that has no section
        return (first, True) if first != layer.index else None
    if layer.same_as is not None:
        return told.section(layer.same_as)
    if derived_sizes(layer) or layer.params is None:
        return None
    if layer.params_same_as is not None and layer.params_same_as not in told.collapsed:
        return told.section(layer.params_same_as)[0], False
    nothing_new = not layer.value or not layer.params.steps  # 2·96=192 needs no second derivation
    if known != layer.index and keeps_shape(layer) and nothing_new and told.says_the_same(known, layer):
        return told.section(known)[0], False
    return None


def _headed(page: Page, layer: Layer) -> None:
    title = layer.rule.title if layer.rule else same(layer.type)
    place = (_placed(page, layer),) if layer.place else ()
    page.blocks.append(
        Heading(3, (f"{layer.index}　", *page.both(capitalised(title)), " ", Code(layer.path or layer.type), *place))
    )
    if layer.call.op is not None:
        page.put(Code(f"{layer.call.type}({layer.call.op.text})"))


def _placed(page: Page, layer: Layer) -> str:
    if not layer.place:
        return ""
    return f"（{layer.place}）" if page.langs[0] == "zh" else f" ({layer.place})"


def _one_line(page: Page, layer: Layer, reference: Bi, n: int) -> None:
    """**6　激活层** `features.3`：同第2步，参数量0，64×224×224，形状不变 ✓"""
    assert layer.rule is not None
    parts: list[str] = [page.label(reference.format(n=page.numbered(n)))]
    space = " " if page.langs[-1] == "en" else ""
    if "params" in page.show and layer.params:
        worked = page.label(PARAMETERS) + space + worked_text(layer.params)[page.langs[0]]
        parts.append(worked if layer.value else page.label(NO_PARAMETERS))
    if "shape" in page.show:
        before, after = without_batch(layer)
        parts.append(page.label(OUTPUT) + space + (after if before == after else f"{before}→{after}"))
        parts += [page.label(UNCHANGED)] if before == after else []
    if "macs" in page.show and layer.macs:
        cost = for_one(layer.macs)
        worked = grouped(cost.value) if reference is SAME_AS else worked_text(cost)[page.langs[0]]
        parts.append(page.label(MACS) + space + worked)
    if "receptive-field" in page.show and page.cost and (field := page.cost.receptive.get(layer.index)):
        from explainer.lesson.receptive import field_text

        parts.append(page.label(field_text(field)))
    page.put(
        Strong(f"{layer.index}　{page.label(capitalised(layer.rule.title))}"),
        " ",
        Code(layer.path),
        _placed(page, layer),
        COLON[page.langs[0]],
        COMMA[page.langs[0]].join(parts),
        " ✓",
    )
