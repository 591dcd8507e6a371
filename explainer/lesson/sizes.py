"""A layer's output size derived, one equation where two dimensions come out alike."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.given import of_output
from explainer.document.nodes import Equation, Paragraph, Row
from explainer.formula.derivation import Derivation
from explainer.formula.printing import Plain, plain
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Rounded, Symbol, walk
from explainer.i18n.bilingual import Bi, joined
from explainer.lesson.parameters import sentences
from explainer.lesson.phrases import COLON, derived_sizes, without_batch
from explainer.lesson.rounding import rounding
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import AXES
from explainer.walkthrough.model import Layer

OUTPUT_SIZE = Bi(zh="输出尺寸", en="output size")
FEATURE_MAP = Bi(zh="特征图由{before}变为{after}。", en="The feature map goes from {before} to {after}.")
STAYS = Bi(zh="输入、输出的特征图都是{after}。", en="The feature map is {after} before and after.")
SHAPE = Bi(zh="形状由{before}变为{after}。", en="The shape goes from {before} to {after}.")
MADE = Bi(zh="输出为{after}。", en="The output is {after}.")
LIKEWISE = Bi(zh="（{axes}同理）", en=" ({axes} likewise)")
OUTPUT_AXIS = Bi(zh="输出{axis}", en="output {axis}")


def output_size(page: Page, layer: Layer, told: list[Bi]) -> None:
    """Every dimension that something is worked out for; one equation where two dimensions come out alike."""
    output = layer.output
    assert layer.rule is not None and output is not None
    before, after = without_batch(layer)
    derived = derived_sizes(layer)
    groups: dict[str, list[tuple[str, Derivation]]] = {}
    for name, size in derived:
        groups.setdefault(plain(size.substituted, Plain()), []).append((name, size))
    rows: list[Row] = []
    for members in groups.values():
        name, size = members[0]
        rows.append(Row(left_of(name), _chain(page, size), lead=_lead(page, members)))
    if rows:
        page.tell(told)
        told = []
        page.blocks.append(Equation(tuple(rows)))
    left = next((left_of(name) for name, _ in derived if name in _LEFT), None)
    if legend := page.legend(*(size.symbolic for _, size in derived), left=left):
        page.blocks.append(Paragraph(legend))
    closing = [*map(page.words, told), *rounding(page, [size.symbolic for _, size in derived])]
    closing += of_output(page, layer)
    closing += map(page.words, sentences(page, layer.rule.name + ".output", (), output.remark))
    picture = layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING)
    if picture and derived and before == after and page.detail == "handout":  # else nobody says what H is put in for
        closing.append(page.words(STAYS.format(after=after)))
    if before != after:
        closing.append(page.words(FEATURE_MAP.format(before=before, after=after) if picture else shape_change(layer)))
    page.together(closing)


def shape_change(layer: Layer) -> Bi:
    """From which shape to which; of several inputs, or where the input gives no shape, what comes out."""
    before, after = without_batch(layer)
    one = len(layer.call.input_shapes) == 1 and not (layer.rule and layer.rule.name == "new")
    return SHAPE.format(before=before, after=after) if one else MADE.format(after=after)


def _lead(page: Page, members: list[tuple[str, Derivation]]) -> str:
    """输出高度（宽度同理）："""
    axis, *others = [axis_word(name) for name, _ in members]
    text = OUTPUT_AXIS.format(axis=axis)
    if others:
        text = text + LIKEWISE.format(axes=joined(others, "、", " and "))
    return page.label(text) + COLON[page.langs[0]]


_LEFT = {
    "F": Bi("展平后的特征数", "number of features after flattening"),
    "C_out": Bi("输出通道数", "number of output channels"),
    "F_out": Bi("输出特征数", "number of output features"),
    "N_out": Bi("输出的批量大小", "output batch size"),
}
_ROLES = {"C_out": Role.CHANNELS_OUT, "F_out": Role.FEATURES_OUT}


def left_of(name: str) -> Symbol:
    """What stands before the "=": H_out, or F after flattening."""
    for axes in AXES.values():
        for axis, _, word in axes:
            if name == f"{axis}_out":
                return Symbol(name, Bi("输出特征图的", "output ") + word, role=Role.SIZE_OUT)
    return Symbol(name, _LEFT.get(name, OUTPUT_SIZE), role=_ROLES.get(name))


def _chain(page: Page, size: Derivation) -> tuple[Expr, ...]:
    """symbols = numbers = value; with the step that rounds, where something is rounded off."""
    rounds = [
        i
        for i, step in enumerate(size.steps)
        if any(isinstance(node, Rounded) and _leaves_rest(node) for node in walk(step))
    ]
    steps = size.steps if page.detail == "full" else size.steps[rounds[-1] :] if rounds else ()
    value = () if isinstance(size.substituted, Number) else (Number(size.value),)
    return (size.symbolic, size.substituted, *steps, *value)


def _leaves_rest(node: Rounded) -> bool:
    above, below = node.numerator, node.denominator
    return isinstance(above, Number) and isinstance(below, Number) and above.value % below.value != 0


def axis_word(name: str) -> Bi:
    """H_out → 高度 / height; anything else → 尺寸 / size."""
    words = {axis: word for axes in AXES.values() for axis, _, word in axes}
    words |= {"C": Bi("通道数", "channels"), "F": Bi("特征数", "features"), "N": Bi("批量大小", "batch size")}
    word = words.get(name.removesuffix("_out"), Bi("尺寸", "size"))
    return Bi(word.zh + "度" if word.zh in "宽高深" else word.zh, word.en)
