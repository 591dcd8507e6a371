"""Each kind of layer derived once, on its first example; the table of all layers has the numbers of the others."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code, Equation, Heading, Row
from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi
from explainer.lesson.idea import plumbing
from explainer.lesson.layer import layer_section, quiet_line
from explainer.lesson.parameters import PARAMETERS
from explainer.lesson.phrases import derived_sizes
from explainer.lesson.size_chain import size_chain
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

COMMONEST = Bi(
    zh="这类层中有{n}层（第一层是{path}）的参数量都是：",
    en="Of the layers of this kind, {n} (the first is {path}) have this number of parameters each:",
)
SEVERAL = 3
QUIET = Bi(zh="没有参数的步骤", en="Steps without parameters")


def kinds_derived(page: Page, walk: Walkthrough) -> None:
    """One section a kind and form; what has no number to derive is a paragraph, behind the others."""
    found = to_derive(walk)
    if page.detail == "handout":
        found = [_typical(walk, layer) for layer in found]
    for layer in found:
        if not _quiet(layer):
            layer_section(page, layer)
            if not walk.story.blocks and page.detail != "handout":  # on paper the table of the network says it
                _commonest(page, walk, layer)
    size_chain(page, walk)
    quiet = [layer for layer in found if _quiet(layer)]
    if quiet:
        page.blocks.append(Heading(3, page.both(QUIET)))
    for layer in quiet:
        quiet_line(page, layer)
    if page.detail == "standard":
        page.tell(plumbing(walk))


def _typical(walk: Walkthrough, first: Layer) -> Layer:
    """On paper one layer of each kind is derived: of the number that most of them have, where at least three have it."""
    alike = _alike(walk, first)
    return alike[0] if len(alike) >= SEVERAL and first.checked and alike[0].checked else first


def _alike(walk: Walkthrough, first: Layer) -> list[Layer]:
    """The layers of this kind and form with the number that most of them have."""
    alike: dict[int, list[Layer]] = {}
    key = _key(first)
    for layer in walk.layers:
        if layer.params is not None and layer.value and layer.call.op is not None and _key(layer) == key:
            alike.setdefault(layer.value, []).append(layer)
    return max(alike.values(), key=len, default=[])


def _commonest(page: Page, walk: Walkthrough, first: Layer) -> None:
    """The number that most layers of this kind have, worked out too: VGG's (3·3·512+1)·512."""
    same_as = _alike(walk, first)
    if len(same_as) < SEVERAL or same_as[0].value == first.value or "params" not in page.show:
        return
    params = same_as[0].params
    assert params is not None
    page.say(COMMONEST, n=len(same_as), path=Code(same_as[0].path))
    rows = [Row(page.label(PARAMETERS), (params.substituted,), labelled=True)]
    rows += [Row(None, (step,)) for step in params.steps]
    page.blocks.append(Equation((*rows, Row(None, (Number(params.value),)))))


_MOVES = (Kind.RESHAPE, Kind.JOIN, Kind.ELEMENTWISE, Kind.REDUCTION, Kind.RESIZE, Kind.OTHER)


def _quiet(layer: Layer) -> bool:
    """There is little to work out, and all that there is agrees."""
    if layer.rule is None or not layer.checked or layer.value or layer.macs:
        return False
    return not derived_sizes(layer) or layer.kind in _MOVES


def to_derive(walk: Walkthrough) -> list[Layer]:
    """The first call of each rule and form; all that disagree, are shared, or have no rule but parameters or products."""
    found: dict[object, Layer] = {}
    story = walk.story
    for layer in walk.layers:
        if layer.checked and (story.of_call[layer.index].what == "plumbing" or layer.index in walk.repeated):
            continue
        if layer.checked and layer.again is not None and _has_a_section(layer, found):
            continue
        found.setdefault(_key(layer), layer)
    return sorted(found.values(), key=lambda layer: layer.index)


def _has_a_section(layer: Layer, found: dict[object, Layer]) -> bool:
    """Whether a module that is called again has a section of its rule already."""
    return layer.rule is not None and any(
        one.rule is not None and one.rule.name == layer.rule.name for one in found.values()
    )


def _key(layer: Layer) -> object:
    if layer.rule is None:
        return layer.index if layer.owned else (layer.type, layer.call.output_shapes)
    if not layer.checked and not (layer.output is not None and layer.output.axes is None):
        return layer.index
    takes = any(operand.parameter for operand in layer.call.operands) and layer.call.op is None
    form = layer.output.form if layer.output else ""
    return (
        layer.rule.name,
        "" if form == "pointwise" else form,
        layer.rule.title.en,
        bool(layer.value),
        takes,
        layer.shared_with,
    )
