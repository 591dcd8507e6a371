"""Mistakes with the size of the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from explainer.formula.rewrite import replace as put
from explainer.formula.rewrite import rewritten, role, roles, times, without
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol
from explainer.homework.mistakes.base import SIZE, Mistake, Way, bare, each, only
from explainer.homework.mistakes.facts import PADDING, Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

SLIDES = (Kind.CONVOLUTION, Kind.POOLING)


def _slides(facts: Facts) -> bool:
    return facts.kind in SLIDES


def _first(part: Expr, names: tuple[str, ...]) -> str | None:
    found = roles(part)
    return next((name for name in names if name in found), None)


def _padding_once(part: Expr, facts: Facts) -> Expr:
    def change(node: Expr) -> Expr:
        if isinstance(node, Product) and len(node.parts) == 2 and node.parts[0][1] == Number(2):
            return node.parts[1][1] if role(node.parts[1][1]) in facts.named(*PADDING) else node
        return node

    return rewritten(part, change)


def _as_one(wanted: Role) -> Callable[[Expr, Facts], Expr]:
    """Stride or dilation taken as 1."""

    def change(part: Expr, facts: Facts) -> Expr:
        return put(part, {name: bare(facts.symbols[name], 1) for name in facts.named(wanted)})

    return change


def _no_plus_one(part: Expr, facts: Facts) -> Expr:
    def change(node: Expr) -> Expr:
        if not isinstance(node, Sum) or not any(isinstance(term, Rounded) for term in node.children()):
            return node
        kept = tuple((plus, term) for plus, term in node.parts if not (plus and term == Number(1)))
        return kept[0][1] if len(kept) == 1 else Sum(kept)

    return rewritten(part, change)


def _other_rounding(part: Expr, facts: Facts) -> Expr:
    return rewritten(part, lambda node: replace(node, up=not node.up) if isinstance(node, Rounded) else node)


def _on_axes(change: Callable[[Expr, Symbol, Symbol, Facts], Expr | None]) -> Callable[[Form, Facts], Iterator[Way]]:
    """A change of the sizes of the image, given each side's symbol and the kernel's."""

    def edit(form: Form, facts: Facts) -> Iterator[Way]:
        if not facts.axes:
            return
        sides = {size.name: (size, side) for size, side in facts.axes}
        parts = list(form.parts)
        for i, name in enumerate(form.names):
            found = sides.get(name.removesuffix("_out")) if name.endswith("_out") else None
            if found is not None:
                parts[i] = change(parts[i], *found, facts) or parts[i]
        yield Way(replace(form, parts=tuple(parts)))

    return edit


def _kept(part: Expr, size: Symbol, side: Symbol, facts: Facts) -> Expr:
    return size


def _divided(part: Expr, size: Symbol, side: Symbol, facts: Facts) -> Expr | None:
    name = _first(part, facts.named(Role.STRIDE))
    return Rounded(size, facts.symbols[name]) if name and facts.get(name) > 1 else None  # by 1: the size is kept


def _stride_is_window(part: Expr, size: Symbol, side: Symbol, facts: Facts) -> Expr | None:
    name = _first(part, facts.named(Role.STRIDE))
    return put(part, {name: bare(facts.symbols[name], facts.values[side])}) if name else None


def _forwards(part: Expr, size: Symbol, side: Symbol, facts: Facts) -> Expr | None:
    """The formula of an ordinary convolution for a transposed one."""
    s, p = (_first(part, facts.named(*wanted)) for wanted in ((Role.STRIDE,), PADDING))
    if s is None:
        return None
    room = size + 2 * facts.symbols[p] - side if p else size - side
    return Rounded(room, facts.symbols[s]) + 1


def _backwards(part: Expr, size: Symbol, side: Symbol, facts: Facts) -> Expr | None:
    """The formula of a transposed convolution for an ordinary one."""
    s, p = (_first(part, facts.named(*wanted)) for wanted in ((Role.STRIDE,), PADDING))
    if s is None or facts.get(s) == 1:
        return None
    placed = (size - 1) * facts.symbols[s]
    return (placed - 2 * facts.symbols[p] if p else placed) + side


def _spans(part: Expr, facts: Facts) -> Expr:
    """d·k for d(k−1)+1: every cell of the kernel spread, the last one too."""
    kernels = [facts.symbols[name] for name in facts.kernel]

    def change(node: Expr) -> Expr:
        if (
            not isinstance(node, Product)
            or len(node.parts) != 2
            or role(node.parts[0][1]) not in facts.named(Role.DILATION)
        ):
            return node
        inner = node.parts[1][1]
        side = next((k for k in kernels if isinstance(inner, Sum) and role(inner.children()[0]) == k.name), None)
        return times(node.parts[0][1], side) if side is not None else node

    return rewritten(part, change)


def _before_pooling(form: Form, facts: Facts) -> Iterator[Way]:
    """The size before the pooling that comes first."""
    found = facts.before(facts.layer)
    if found is None or found.kind is not Kind.POOLING or not facts.axes:
        return
    shape = found.call.input_shapes[0]
    sides = dict(zip((size.name for size, _ in facts.axes), shape[-len(facts.axes) :], strict=True))
    leaves = {name: bare(facts.symbols[name], side) for name, side in sides.items()}
    yield from each(lambda part, _: put(part, dict(leaves)), image="×".join(map(str, sides.values())))(form, facts)


PADDING_CROPS = Bi(
    "忘了填充。转置卷积的填充使输出变小：每侧减去p，共减去2p。",
    "the padding is forgotten. In a transposed convolution it makes the output smaller: take p off on each side, 2p in all.",
)


def _no_padding(form: Form, facts: Facts) -> Iterator[Way]:
    """Padding taken as 0; what it does is said as it is for this layer."""
    for way in each(lambda part, _: without(part, facts.named(*PADDING)))(form, facts):
        yield replace(way, text=PADDING_CROPS) if facts.kind is Kind.TRANSPOSED else way


MISTAKES = (
    Mistake(
        "shape.padding_forgotten",
        "roles",
        Bi("忘了填充", "padding forgotten"),
        Bi(
            "忘了填充。填充使输入变大，每侧都要加上，再减去{window}的边长。",
            "the padding is forgotten. It enlarges the input: add it on every side before the {window} is taken off.",
        ),
        Bi("这一层有填充吗？它怎样改变输出的大小？", "Is there padding? How does it change the size of the output?"),
        0.8,
        _no_padding,
        SIZE,
    ),
    Mistake(
        "shape.padding_once",
        "roles",
        Bi("填充只算了一侧", "padding counted once"),
        Bi(
            "填充只算了一侧。PyTorch的填充按每侧计，两侧共2p；《动手学深度学习》公式里的p是两侧之和，不能直接代入PyTorch的p。",
            "the padding is counted once. PyTorch counts it per side, 2p in all; in the formula of Dive into Deep Learning p is both "
            "sides together, so PyTorch's p must not be put in as it is.",
        ),
        Bi("公式里的p指一侧，还是两侧之和？", "Does the p of your formula mean one side, or both together?"),
        0.55,
        each(_padding_once),
        SIZE,
    ),
    Mistake(
        "shape.stride_ignored",
        "roles",
        Bi("忘了步幅", "stride ignored"),
        Bi("忘了步幅，当成了1。要除以步幅。", "the stride is ignored, as if it were 1. Divide by the stride."),
        Bi("窗口每次移动几格？", "How far does the window move at each step?"),
        0.45,
        each(_as_one(Role.STRIDE)),
        SIZE,
    ),
    Mistake(
        "shape.no_plus_one",
        "roles",
        Bi("漏了最后的+1", "no +1"),
        Bi(
            "漏了最后的+1。除得的商是移动的次数，开头那个位置也要算上。",
            "the +1 at the end is missing. The quotient is how often the window moves; the place where it starts counts too.",
        ),
        Bi("移动几次，就停在几个位置上吗？", "If the window moves n times, at how many places has it been?"),
        0.42,
        only(_slides, each(_no_plus_one)),
        SIZE,
    ),
    Mistake(
        "shape.rounding",
        "roles",
        Bi("取整方向不对", "ceil for floor"),
        Bi(
            "取整方向不对。默认向下取整（剩下的部分不够一步就舍去），只有ceil_mode=True才向上取整。",
            "this is rounded the wrong way. By default the quotient is rounded down (what is left is too little for a step); only with "
            "ceil_mode=True is it rounded up.",
        ),
        Bi("除不尽时，向上取整还是向下取整？", "Where the division leaves a rest, which way is it rounded?"),
        0.35,
        only(_slides, each(_other_rounding)),
        SIZE,
    ),
    Mistake(
        "shape.dilation_ignored",
        "roles",
        Bi("忘了膨胀率", "dilation ignored"),
        Bi(
            "忘了膨胀率。卷积核的一边要跨d(k−1)+1格，不是k格。",
            "the dilation is ignored. One side of the kernel spans d(k−1)+1 cells, not k.",
        ),
        Bi("膨胀后的卷积核一边跨多少格？", "How many cells does the dilated kernel span?"),
        0.5,
        each(_as_one(Role.DILATION)),
        SIZE,
    ),
    Mistake(
        "shape.dilation_span",
        "roles",
        Bi("膨胀后的跨度算成d·k", "the dilated span taken as d·k"),
        Bi(
            "膨胀后的跨度算错了。k格之间只有k−1个间隔，跨d(k−1)+1格。",
            "the span of the dilated kernel is wrong: k cells have k−1 steps between them, so they span d(k−1)+1.",
        ),
        Bi("k个格子之间有几个间隔？", "How many steps are there between k cells?"),
        0.1,
        each(_spans),
        SIZE,
    ),
    Mistake(
        "shape.kept",
        "roles",
        Bi("以为输出与输入一样大", "output as large as the input"),
        Bi(
            "输出的大小照搬了输入。只有步幅为1、填充恰好补足时才会不变。",
            "this is the size of the input. It stays the same only with a stride of 1 and just enough padding.",
        ),
        Bi("这一层会改变特征图的大小吗？", "Does this layer change the size of the map?"),
        0.22,
        _on_axes(_kept),
        SIZE,
    ),
    Mistake(
        "shape.divided",
        "roles",
        Bi("直接用输入大小除以步幅", "just the input divided by the stride"),
        Bi(
            "只用输入大小除以了步幅。卷积核（窗口）和填充也要算进去。",
            "only the input's size is divided by the stride. The kernel (or window) and the padding count too.",
        ),
        Bi("除了步幅，还有什么影响输出的大小？", "What besides the stride affects the size of the output?"),
        0.1,
        only(_slides, _on_axes(_divided)),
        SIZE,
    ),
    Mistake(
        "shape.stride_is_window",
        "roles",
        Bi("把卷积核（窗口）大小当成步幅", "stride taken as the kernel's (window's) size"),
        Bi(
            "把{window}的大小当成了步幅，其实步幅是{stride}。只有没有给出步幅的池化层，步幅才等于窗口大小。",
            "the {window}'s size was taken as the stride, which is {stride}. The two are the same only where pooling is given no "
            "stride.",
        ),
        Bi("步幅与{window}大小一定相同吗？", "Is the stride always the size of the {window}?"),
        0.15,
        only(_slides, _on_axes(_stride_is_window)),
        SIZE,
    ),
    Mistake(
        "shape.transposed_forwards",
        "roles",
        Bi("转置卷积按普通卷积计算", "transposed convolution computed forwards"),
        Bi(
            "用了普通卷积的公式。转置卷积方向相反，一般使特征图变大，公式为H_out=(H−1)s−2p+k。",
            "this is the formula of an ordinary convolution. A transposed one works the other way and usually enlarges the map: "
            "(H−1)s−2p+k.",
        ),
        Bi("转置卷积使特征图变大还是变小？", "Does a transposed convolution enlarge the map or shrink it?"),
        0.6,
        only(lambda facts: facts.kind is Kind.TRANSPOSED, _on_axes(_forwards)),
        SIZE,
        whole=True,
    ),
    Mistake(
        "shape.convolved_backwards",
        "roles",
        Bi("按转置卷积的公式计算", "computed as a transposed convolution"),
        Bi(
            "用了转置卷积的公式。普通卷积或池化要除以步幅，公式为H_out=⌊(H+2p−k)/s⌋+1。",
            "this is the formula of a transposed convolution. An ordinary one, or pooling, divides by the stride: ⌊(H+2p−k)/s⌋+1.",
        ),
        Bi("步幅使特征图变大还是变小？", "Does the stride enlarge the map or shrink it?"),
        0.08,
        only(_slides, _on_axes(_backwards)),
        SIZE,
        whole=True,
    ),
    Mistake(
        "shape.output_padding_forgotten",
        "roles",
        Bi("忘了输出填充", "output padding forgotten"),
        Bi("忘了输出填充output_padding，要在最后加上。", "output_padding is forgotten: add it at the end."),
        Bi(
            "转置卷积还有哪个参数会改变输出的大小？",
            "Which other setting of a transposed convolution changes its output?",
        ),
        0.6,
        each(lambda part, facts: without(part, facts.named(Role.OUTPUT_PADDING))),
        SIZE,
    ),
    Mistake(
        "shape.before_pooling",
        "context",
        Bi("用了池化前的大小", "the size before pooling"),
        Bi(
            "用了池化前的大小{image}。前面的池化层已经把它缩小了。",
            "{image} is the size before pooling. The pooling layer before this one has shrunk it.",
        ),
        Bi("这一层的输入是多大？前面有没有池化层？", "How large is this layer's input? Is there pooling before it?"),
        0.5,
        _before_pooling,
        SIZE,
    ),
)
