"""One layer's section: its line, its parameters, its output size, and torch's word on both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

from torch import nn

from explainer.compose.page import Page
from explainer.document import Code, Equation, Heading, Paragraph, Row, Strong
from explainer.formula import Expr, Number, Rounded, Symbol, evaluate, specialise, substitute, walk
from explainer.notation import Plain, plain
from explainer.rules import Kind
from explainer.rules.symbols import AXES, bias
from explainer.text.bi import Bi, grouped, joined, same, shape_text
from explainer.trace import Shape
from explainer.walkthrough import Derivation, Layer, Verdict

PARAMETERS = Bi(zh="参数量", en="parameters")
OUTPUT_SIZE = Bi(zh="输出尺寸", en="output size")
COLON = Bi(zh="：", en=": ")
COMMA = Bi(zh="，", en=", ")
SAME_AS = Bi(zh="同第{n}层", en="same as layer {n}")
LIKE = Bi(zh="与第{n}层同理", en="as in layer {n}")
OUTPUT = Bi(zh="输出", en="output")
NO_PARAMETERS = Bi(zh="参数量0", en="no parameters")
UNCHANGED = Bi(zh="形状不变", en="shape unchanged")
ZERO = Bi(zh="参数量：0。", en="Parameters: 0.")
USES = Bi(
    zh="参数量：0。这一步本身没有参数；其中的{names}是可学习的参数，单独计入总数。",
    en="Parameters: 0. The step itself has none; it uses {names}, learned and counted by itself in the total.",
)
ZERO_AS = Bi(zh="参数量：0，理由同第{n}层。", en="Parameters: 0, as in layer {n}.")
SAME_PARAMETERS = Bi(zh="与第{n}层相同，{formula}。", en="as in layer {n}, {formula}.")
FEATURE_MAP = Bi(zh="特征图：{before}→{after}。", en="Feature map: {before} → {after}.")
SHAPE = Bi(zh="形状：{before}→{after}。", en="Shape: {before} → {after}.")
LIKEWISE = Bi(zh="（{axes}同理）", en=" ({axes} likewise)")
OUTPUT_AXIS = Bi(zh="输出{axis}", en="output {axis}")
AGREES = Bi(
    zh="核对：PyTorch给出的参数量为{params}，输出为{shape}，均与推导一致 ✓",
    en="Check: PyTorch reports {params:parameter|parameters} and an output of {shape}; both agree ✓",
)
# For a bilingual page: the numbers once.
AGREES_BILINGUAL = same("核对 Check（PyTorch）：参数量 parameters {params} ✓，输出 output {shape} ✓")
PARAMS_DISAGREE = Bi(
    zh="不一致 ✗　公式得{ours}个参数，PyTorch给出{theirs}个。",
    en="DISAGREES ✗  The formula gives {ours:parameter|parameters}, PyTorch has {theirs}.",
)
SHAPE_DISAGREES = Bi(
    zh="不一致 ✗　公式得输出{ours}，PyTorch给出{theirs}。",
    en="DISAGREES ✗  The formula gives an output of {ours}, PyTorch gives {theirs}.",
)
MACS_DISAGREE = Bi(
    zh="不一致 ✗　公式得{ours}次乘加运算，PyTorch统计为{theirs}次。",
    en="DISAGREES ✗  The formula gives {ours} multiply-accumulates, PyTorch counts {theirs}.",
)
SHAPE_UNCHECKED = Bi(
    zh="参数量与PyTorch一致 ✓；输出{shape}由运行得到，没有公式可核对（未核对）。",
    en="The parameters agree with PyTorch ✓; the output, {shape}, is as observed in the run (unchecked).",
)
NO_RULE = Bi(
    zh="没有规则能说明这一层的参数，以下按张量逐个列出，不作推测（未核对）：{tensors}；合计{total}。",
    en="No rule explains this layer's parameters; its tensors are listed one by one and nothing is guessed "
    "(unchecked): {tensors}; {total} in all.",
)
COMPUTED = Bi(
    zh="这一步用到的权重由前面的步骤算出，自身没有参数。",
    en="The weight used here is computed by earlier steps; this step owns no parameters of its own.",
)
NO_RULE_STEP = Bi(
    zh="没有规则能说明这一步；它没有参数，形状由运行得到（未核对）：{before}→{after}。",
    en="No rule explains this step; it owns no parameters, and its shape is as observed in the run (unchecked): "
    "{before} → {after}.",
)
SPLIT = Bi(
    zh="其中权重{weights}个，偏置{biases}个。略去偏置的简式为{abridged}，少{biases}个，占本层的{percent}{small}。",
    en="{weights:is a weight|are weights} and {biases:is a bias|are biases}. The abridged formula without bias, "
    "{abridged}, is short by {biases}, {percent} of the layer{small}.",
)
SMALL = Bi(zh="，不影响数量级", en=": the order of magnitude is the same")
SHARED = Bi(
    zh="这些参数与{paths}共用，只在首次出现处计数；此处计入总数的是{counted}个。",
    en="These parameters are shared with {paths} and counted only at their first use; here {counted} go into the total.",
)


@dataclass
class Told:
    """What earlier sections derived: the first layer of each rule, and where one-line entries point to."""

    first: dict[str, int] = field(default_factory=dict)
    pointers: dict[int, tuple[int, bool]] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)
    collapsed: set[int] = field(default_factory=set)
    stand_ins: dict[int, int] = field(default_factory=dict)

    def says_the_same(self, known: int, layer: Layer) -> bool:
        """A function's rule may say different things (a residual addition, a crop): then a section of its own."""
        uses = any(operand.parameter for operand in layer.call.operands)
        words = layer.output.why[0].zh[:4] if layer.output and layer.output.why else ""
        first = self.words.setdefault(known, "parameters" if uses else words)
        return layer.call.module is not None or (first == words and not uses)

    def section(self, index: int) -> tuple[int, bool]:
        """The layer with the full section that `index` leads to, and whether it is equal or only alike."""
        return self.pointers.get(index, (index, True))


def layer_section(page: Page, layer: Layer, told: Told) -> None:
    """A full section, or one line for a layer like an earlier one (always to one that has a section)."""
    if layer.rule is None:
        _headed(page, layer)
        _without_rule(page, layer)
        return
    known = told.first.setdefault(layer.rule.name, layer.index)
    told.says_the_same(layer.index, layer)  # remember what this one says
    pointer = (
        _pointer(layer, known, told) if page.detail != "full" and not layer.shared_with and layer.checked else None
    )
    if pointer:
        told.pointers[layer.index] = pointer
        _one_line(page, layer, SAME_AS if pointer[1] else LIKE, pointer[0])
        return
    _headed(page, layer)
    sentences = _parameters(page, layer, known)
    _output(page, layer, sentences)
    _check(page, layer)


def _pointer(layer: Layer, known: int, told: Told) -> tuple[int, bool] | None:
    """The section that already says all there is to say of this layer."""
    if layer.same_as is not None and layer.same_as in told.collapsed:
        first = told.stand_ins.setdefault(layer.same_as, layer.index)  # equal to a step that has no section
        return (first, True) if first != layer.index else None
    if layer.same_as is not None:
        return told.section(layer.same_as)
    if derived_sizes(layer) or layer.params is None:
        return None
    if layer.params_same_as is not None:
        return told.section(layer.params_same_as)[0], False
    nothing_new = not layer.value or not layer.params.steps  # 2·96=192 needs no second derivation
    if known != layer.index and _keeps_shape(layer) and nothing_new and told.says_the_same(known, layer):
        return told.section(known)[0], False
    return None


def without_batch(layer: Layer) -> tuple[str, str]:
    """Input and output shape as a teacher writes them, 3×224×224: without the batch where both begin with it."""
    shapes = layer.call.shapes or ((),)
    before = max(shapes, key=prod) if layer.kind is Kind.ELEMENTWISE else shapes[0]
    after = layer.call.output_shapes[0] if layer.call.output_shapes else ()
    batched = len(before) > 1 and len(after) > 1 and before[0] == after[0]
    shown: list[Shape] = [before[1:], after[1:]] if batched else [before, after]
    return shape_text(shown[0]) or "1", shape_text(shown[1]) or "1"


def numbers_text(derivation: Derivation) -> str:
    """`(3·3·3+1)·64`: the formula with its numbers, for tables."""
    return plain(derivation.substituted, Plain())


def worked_text(derivation: Derivation) -> Bi:
    """`(3·3·3+1)·64=1792`, for results in one line."""
    numbers, value = numbers_text(derivation), grouped(derivation.value)
    return same(value) if numbers == value else Bi(f"{numbers}={value}", f"{numbers} = {value}")


def share(part: int, whole: int) -> str:
    """7.42%; a share that would round to nothing says so."""
    if not part or not whole:
        return "0"
    percent = 100 * part / whole
    return f"{percent:.2f}%" if percent >= 0.005 else "<0.01%"


def capitalised(text: Bi) -> Bi:
    """The English half as a heading begins."""
    return Bi(text.zh, text.en[:1].upper() + text.en[1:])


def _headed(page: Page, layer: Layer) -> None:
    title = layer.rule.title if layer.rule else same(layer.type)
    place = (_placed(page, layer),) if layer.place else ()
    page.blocks.append(
        Heading(3, (f"{layer.index}　", *page.both(capitalised(title)), " ", Code(layer.path or layer.type), *place))
    )
    if layer.call.module is not None:
        module = layer.call.module
        page.put(Code(f"{type(module).__name__}({_options(module)})"))


def _options(module: nn.Module) -> str:
    """The hyperparameters as torch prints them; attention's, which torch does not print, by name."""
    if isinstance(module, nn.MultiheadAttention):
        return f"embed_dim={module.embed_dim}, num_heads={module.num_heads}"
    return " ".join(module.extra_repr().split())


def _placed(page: Page, layer: Layer) -> str:
    if not layer.place:
        return ""
    return f"（{layer.place}）" if page.langs[0] == "zh" else f" ({layer.place})"


def _one_line(page: Page, layer: Layer, reference: Bi, n: int) -> None:
    """**6　激活层** `features.3`：同第2层，参数量0，64×224×224，形状不变 ✓"""
    assert layer.rule is not None and layer.params is not None
    before, after = without_batch(layer)
    change = after if before == after else f"{before}→{after}"
    comma = COMMA[page.langs[0]]
    page.put(
        Strong(f"{layer.index}　{page.label(capitalised(layer.rule.title))}"),
        " ",
        Code(layer.path),
        _placed(page, layer),
        COLON[page.langs[0]],
        page.label(reference.format(n=n)),
        comma,
        page.label(PARAMETERS) + (" " if page.langs[-1] == "en" else "") if layer.value else page.label(NO_PARAMETERS),
        worked_text(layer.params)[page.langs[0]] if layer.value else "",
        comma,
        page.label(OUTPUT) + (" " if page.langs[-1] == "en" else ""),
        change,
        comma + page.label(UNCHANGED) if before == after else "",
        " ✓",
    )


def _parameters(page: Page, layer: Layer, known: int) -> list[Bi]:
    """The count derived; for a layer without parameters the sentences to begin the next paragraph with."""
    parameters, params = layer.parameters, layer.params
    assert layer.rule is not None
    if parameters is None or params is None:
        _tensors(page, layer)
        return []
    if not layer.value:
        used = [operand for operand in layer.call.operands if operand.parameter]
        if used:
            listed = [same(f"{ref.parameter}（{tensor_text(ref.shape, prod(ref.shape))}）") for ref in used]
            plainly = [same(f"{ref.parameter} ({tensor_text(ref.shape, prod(ref.shape))})") for ref in used]
            names = Bi(joined(listed).zh, joined(plainly, en=" and ").en)
            return [USES.format(names=names)]
        if page.detail != "full" and known != layer.index:
            return [ZERO_AS.format(n=known)]
        return [ZERO, *_sentences(page, layer.rule.name, parameters.why, parameters.remark)]
    if layer.params_same_as is not None and page.detail != "full":
        text = SAME_PARAMETERS.format(n=layer.params_same_as, formula=worked_text(params))
        page.tell([capitalised(PARAMETERS) + COLON + text])
        return []
    rows = [Row(page.label(PARAMETERS), (params.symbolic,)), Row(None, (params.substituted,), labelled=True)]
    rows += [Row(None, (step,)) for step in params.steps]
    if not isinstance(params.substituted, Number):
        rows.append(Row(None, (Number(params.value),)))
    page.blocks.append(Equation(tuple(rows)))
    if legend := page.legend(params.symbolic):
        page.blocks.append(Paragraph(legend))
    page.tell(_sentences(page, layer.rule.name, parameters.why, parameters.remark))
    if page.detail == "full":
        _split(page, layer, params)
    if layer.shared_with:
        page.tell([SHARED.format(paths=joined([same(path) for path in layer.shared_with]), counted=layer.counted)])
    return []


def _sentences(page: Page, key: str, why: tuple[Bi, ...], remark: tuple[Bi, ...]) -> list[Bi]:
    """What is said of every such layer, and the remark the first time."""
    told = [text for i, text in enumerate(remark) if page.first((key, i))]
    return [*why, *told]


def _split(page: Page, layer: Layer, params: Derivation) -> None:
    """Weights and biases apart, and the abridged formula: the same formula at b = 0."""
    if layer.parameters is None or not params.values.get(bias):
        return
    without = {**params.values, bias: 0}
    abridged = substitute(specialise(layer.parameters.formula, without), without)
    weights = evaluate(abridged)
    biases = params.value - weights
    page.tell(
        [
            SPLIT.format(
                weights=weights,
                biases=biases,
                small=SMALL if 20 * biases < params.value else same(""),
                abridged=worked_text(replace(params, substituted=abridged, value=weights)),
                percent=share(biases, params.value),
            )
        ]
    )


def _output(page: Page, layer: Layer, told: list[Bi]) -> None:
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
        rows.append(Row(_left(name), _chain(page, size), lead=_lead(page, members)))
    if rows:
        page.tell(told)
        told = []
        page.blocks.append(Equation(tuple(rows)))
    left = next((_left(name) for name, _ in derived if name in _LEFT), None)
    if legend := page.legend(*(size.symbolic for _, size in derived), left=left):
        page.blocks.append(Paragraph(legend))
    closing = [*told]
    closing += _sentences(page, layer.rule.name + ".output", output.why, output.remark)
    if before != after:
        picture = layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING)
        closing.append((FEATURE_MAP if picture else SHAPE).format(before=before, after=after))
    page.tell(closing)


def _lead(page: Page, members: list[tuple[str, Derivation]]) -> str:
    """输出高度（宽度同理）："""
    axis, *others = [_axis_word(name) for name, _ in members]
    text = OUTPUT_AXIS.format(axis=axis)
    if others:
        text = text + LIKEWISE.format(axes=joined(others, "、", " and "))
    return page.label(text) + COLON[page.langs[0]]


_LEFT = {
    "F": Bi("展平后的特征数", "number of features after flattening"),
    "C_out": Bi("输出的通道数", "number of output channels"),
    "F_out": Bi("输出的特征数", "number of output features"),
    "N_out": Bi("输出的批量大小", "output batch size"),
}


def _left(name: str) -> Symbol:
    """What stands before the "=": H_out, or F after flattening."""
    for axes in AXES.values():
        for axis, _, word in axes:
            if name == f"{axis}_out":
                return Symbol(name, Bi("输出特征图的", "output ") + word)
    return Symbol(name, _LEFT.get(name, OUTPUT_SIZE))


def derived_sizes(layer: Layer) -> list[tuple[str, Derivation]]:
    """The output's dimensions that something has to be worked out for."""
    return [(name, size) for name, size in layer.shape if not isinstance(size.symbolic, Symbol | Number)]


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


def _axis_word(name: str) -> Bi:
    """H_out → 高度 / height; anything else → 尺寸 / size."""
    words = {axis: word for axes in AXES.values() for axis, _, word in axes}
    words |= {"C": Bi("通道数", "channels"), "F": Bi("特征数", "features"), "N": Bi("批量大小", "batch size")}
    word = words.get(name.removesuffix("_out"), Bi("尺寸", "size"))
    return Bi(word.zh + "度" if word.zh in "宽高深" else word.zh, word.en)


def _keeps_shape(layer: Layer) -> bool:
    before, after = without_batch(layer)
    return before == after


def _check(page: Page, layer: Layer) -> None:
    """torch's own count and the verdict; a disagreement is loud."""
    _, after = without_batch(layer)
    if layer.checked:
        text = AGREES if len(page.langs) == 1 else AGREES_BILINGUAL
        page.put(page.label(text.format(params=layer.torch_params, shape=after)))
    if layer.params_verdict is Verdict.DISAGREES:
        page.alarm(PARAMS_DISAGREE.format(ours=layer.value, theirs=layer.torch_params))
    if layer.shape_verdict is Verdict.DISAGREES:
        ours = shape_text([size.value for _, size in layer.shape])
        page.alarm(SHAPE_DISAGREES.format(ours=ours, theirs=shape_text(layer.call.output_shapes[0])))
    if layer.macs_verdict is Verdict.DISAGREES and layer.macs:
        page.alarm(MACS_DISAGREE.format(ours=layer.macs.value, theirs=layer.torch_macs or 0))
    if layer.shape_verdict is Verdict.UNCHECKED and layer.params_verdict is Verdict.AGREES:
        page.tell([SHAPE_UNCHECKED.format(shape=after)])


def _without_rule(page: Page, layer: Layer) -> None:
    if layer.tensors:
        _tensors(page, layer)
    else:
        before, after = without_batch(layer)
        page.tell([NO_RULE_STEP.format(before=before, after=after)])


def _tensors(page: Page, layer: Layer) -> None:
    if not layer.tensors:
        page.tell([COMPUTED])
        return
    listed = [same(tensor.name) + COLON + same(tensor_text(tensor.shape, tensor.numel)) for tensor in layer.tensors]
    page.tell([NO_RULE.format(tensors=joined(listed, "；", "; "), total=layer.torch_params)])


def tensor_text(shape: Shape, numel: int) -> str:
    """`4×3×3=36`."""
    return f"{shape_text(shape)}={grouped(numel)}" if len(shape) > 1 else grouped(numel)
