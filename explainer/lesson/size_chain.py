"""The output sizes from layer to layer, each with its numbers: for a chain whose kernels, strides or padding differ, as AlexNet's do.

Where all convolutions are alike, as VGG's, the one that is derived says it for all of them.
"""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code, Inline, Math, Table, Text
from explainer.formula.derivation import Derivation
from explainer.formula.role import Role
from explainer.formula.tree import walk
from explainer.i18n.bilingual import Bi, grouped, joined
from explainer.lesson.phrases import capitalised, derived_sizes, numbers_text
from explainer.lesson.sizes import axis_word, left_of
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

HEADING = Bi(zh="逐层的输出尺寸", en="Output sizes, layer by layer")
DIFFER = Bi(zh="各层的卷积核、步幅或填充不尽相同。", en="Kernel, stride or padding differ from layer to layer.")
LEAD = Bi(
    zh="输出的{axis}{others}由前一层的输出依次算得：",
    en="The output {axis}{others} follows from the output of the layer before:",
)
WHOLE = Bi(zh="{layer}的完整公式是{left}={formula}。", en="The whole formula of the {layer} is {left} = {formula}.")
NO_PADDING = Bi(zh="填充为0时，算式里省去这一项。", en="Where the padding is 0, its term is left out.")
LIKEWISE = Bi(zh="（{axes}同理）", en=" ({axes} likewise)")
LAYER, WORKING, RESULT = Bi("层", "Layer"), Bi("算式", "Working"), Bi("{axis}", "{axis}")
SETTINGS = frozenset(
    (Role.KERNEL, Role.WINDOW, Role.STRIDE, Role.PADDING, Role.PADDING_TOGETHER, Role.OUTPUT_PADDING, Role.DILATION)
)
KINDS = (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING)
MOST = 16  # rows: beyond, no one follows them

Sized = tuple[Layer, Derivation]


def size_chain(page: Page, walkthrough: Walkthrough) -> None:
    """The table; nothing for a network of blocks, of branches, or of layers that are alike."""
    if walkthrough.story.blocks or "shape" not in page.show or not _is_chain(walkthrough):
        return
    sized = [(layer, sizes) for layer in walkthrough.layers if layer.kind in KINDS and (sizes := derived_sizes(layer))]
    if any(len({numbers_text(size) for _, size in sizes}) > 1 for _, sizes in sized):
        return  # no dimension goes for the others
    rows = _joined([(layer, sizes[0][1]) for layer, sizes in sized])
    settings = {kind: {_setting(one[0]) for one in rows if one[0][0].kind is kind} for kind in KINDS}
    if len(rows) > MOST or all(len(found) < 2 for found in settings.values()):
        return
    axis, *others = [axis_word(name) for name, _ in sized[0][1]]
    likewise = LIKEWISE.format(axes=joined(others, "、", " and ")) if others else Bi("", "")
    page.heading(3, HEADING)
    name = sized[0][1][0][0]
    whole = [found for kind in KINDS if (found := _padded([one for one, *_ in rows if one[0].kind is kind]))]
    told = [page.words(DIFFER)]
    for layer, size in whole:
        assert layer.rule is not None
        told.append(page.words(WHOLE, layer=layer.rule.title, left=Math(left_of(name)), formula=Math(size.symbolic)))
    if whole:
        told += [
            *filter(None, [page.legend(*(size.symbolic for _, size in whole), left=left_of(name))]),
            page.words(NO_PADDING),
        ]
    page.together([*told, page.words(LEAD.format(axis=axis, others=likewise))])
    header = tuple(page.both(one) for one in (LAYER, WORKING, capitalised(RESULT.format(axis=axis))))
    page.blocks.append(Table(header, "llr", tuple(_row(page, one) for one in rows)))


def _padded(same: list[Sized]) -> Sized | None:
    """Of layers of one kind one whose formula has a padding, where some have one and others have none."""
    padded = [one for one in same if any(getattr(part, "role", None) is Role.PADDING for part in walk(one[1].symbolic))]
    return padded[0] if 0 < len(padded) < len(same) else None


def _is_chain(walkthrough: Walkthrough) -> bool:
    """Whether each layer takes what the one before it gives."""
    return all(
        len(layer.call.inputs) == 1 and layer.call.inputs[0] in ("input", at)
        for at, layer in enumerate(walkthrough.layers)
    )


def _joined(sized: list[Sized]) -> list[list[Sized]]:
    """Layers one behind the other that do the same to the size: AlexNet's last three convolutions."""
    rows: list[list[Sized]] = []
    for layer, size in sized:
        if rows and rows[-1][0][0].kind is layer.kind and size.texts == rows[-1][0][1].texts:
            rows[-1].append((layer, size))
        else:
            rows.append([(layer, size)])
    return rows


def _setting(one: Sized) -> tuple[tuple[str, object], ...]:
    """All that its size depends on, but for the size of the input."""
    _, size = one
    return tuple(sorted((symbol.name, value) for symbol, value in size.values.items() if symbol.role in SETTINGS))


def _row(page: Page, row: list[Sized]) -> tuple[Text, ...]:
    layer, size = row[0]
    assert layer.rule is not None
    names: list[Inline] = [page.label(capitalised(layer.rule.title)), " "]
    for at, (one, _) in enumerate(row):
        names += [*(["、" if page.langs[0] == "zh" else ", "] if at else []), Code(one.path or one.type)]
    return tuple(names), (numbers_text(size),), (grouped(size.value),)
