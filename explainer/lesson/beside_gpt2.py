"""What a Transformer block has otherwise than GPT-2's, and what each difference does to the count: only what was proven by running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from explainer.document.builder import Page
from explainer.document.nodes import Inline, Math, Table, Text
from explainer.formula.expansion import multiplied_out, terms_of
from explainer.formula.tree import Expr, Symbol, symbols, total
from explainer.i18n.bilingual import Bi, same
from explainer.lesson.block_ideas import of_first, start_of
from explainer.lesson.block_remarks import only_base, without_biases
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.story import Part

BESIDE_GPT2 = "beside GPT-2"  # noted on the page, so that no other comparison follows
HEADER = (
    Bi("GPT-2", "GPT-2"),
    Bi("这里", "Here"),
    Bi("对参数量的影响", "Parameters"),
)
INTRODUCED = Bi(
    zh="同是Transformer块，与宽度相同的GPT-2比，不同之处有：",
    en="It differs from a block of GPT-2 of the same width in:",
)
POSITIONS = Bi(
    "学习得到的位置向量，共{longest}个（最大序列长度）",
    "{longest} learned position vectors (the longest sequence)",
)
LONGEST = Bi("最大序列长度", "longest sequence")
ROTARY = Bi(
    zh="查询和键用旋转位置编码（RoPE），底数{base}",
    en="rotary embedding (RoPE) of queries and keys, base {base}",
)
LAYER_NORM = Bi("层归一化：缩放和平移", "layer normalization: scale and shift")
RMS_NORM = Bi("RMSNorm：只除以均方根，只有缩放", "RMSNorm: root mean square, scale only")
OWN_KEYS = Bi("每个头各有一组键、值", "keys and values for each head")
GROUPED = Bi(
    zh="分组查询注意力（GQA）：{heads}个查询头共用{kv}组键、值",
    en="grouped-query attention: {heads} query heads, {kv} of keys and values",
)
PLAIN = Bi("前馈网络：两层，中间用GELU", "feed-forward network: two layers, GELU between")
GATED = Bi("门控前馈网络：三层，用{function}", "gated feed-forward network: three layers, with {function}")
EXPERTS = Bi("{n}个前馈网络（专家），每个词元用{used}个", "{n} such networks (experts), {used} for each token")
BIASES, NO_BIAS = Bi("全连接层都有偏置", "fully connected layers with biases"), Bi("没有偏置", "no biases")
FEWEST = 3
T_MAX = Symbol("T_max", LONGEST)
_Row = tuple[Bi, Bi, Expr, Expr | int]


def beside_gpt2(page: Page, walk: Walkthrough, part: Part, formulas: Mapping[str, Expr]) -> bool:
    """Whether there is a table: for a causal block whose formulas are in the family's symbols and that differs in three things or more."""
    ideas = of_first(part)
    attention = [idea for idea in ideas if idea.kind == "attention"]
    if page.detail == "full" or len(attention) != 1 or not formulas or part.template is None or part.loop:
        return False
    if attention[0].settings.get("mask") != "causal" or attention[0].settings.get("cross"):
        return False
    rows = list(_differences(walk, part, ideas, attention[0], formulas))
    if len(rows) < FEWEST:
        return False
    page.tell([INTRODUCED])
    cells: list[tuple[Text, ...]] = []
    for before, after, old, new in rows:
        change: list[Inline] = [Math(old), " → ", "0" if isinstance(new, int) else Math(new)]
        cells.append((page.both(before, longest=Math(T_MAX)), page.both(after), tuple(change)))
    page.blocks.append(Table(tuple(page.both(one) for one in HEADER), "lll", tuple(cells)))
    page.first(BESIDE_GPT2)
    return True


def _differences(
    walk: Walkthrough, part: Part, ideas: list[Idea], attention: Idea, formulas: Mapping[str, Expr]
) -> Iterator[_Row]:
    d = _width(walk, part, attention, formulas)
    if d is None or part.template is None or walk.family is None:
        return
    order = [symbol.name for symbol in walk.family.symbols]
    if (base := only_base(walk, part.template)) is not None:
        yield POSITIONS, ROTARY.format(base=base), T_MAX * d, 0
    norms = [idea for idea in ideas if idea.kind == "rms_norm"]
    scales = [expr for name, expr in formulas.items() if _inside(part, norms, name)]
    if norms and scales and all(terms_of(one) == terms_of(d) for one in scales):
        yield LAYER_NORM, RMS_NORM, 2 * d, d
    heads, kv = attention.settings.get("heads"), attention.settings.get("kv_heads")
    keys = _keys_and_values(part, attention, formulas)
    if isinstance(heads, int) and isinstance(kv, int) and 0 < kv < heads and keys is not None:
        yield OWN_KEYS, GROUPED.format(heads=heads, kv=kv), _square(2, d), multiplied_out(keys, order) or keys
    gated = [idea for idea in ideas if idea.kind == "gated_mlp"]
    mixture = [idea for idea in ideas if idea.kind == "mixture_of_experts"]
    names = [name for name in formulas if _inside(part, gated + mixture, name)]
    inner = total([formulas[name] for name in names]) if names else None
    whole = multiplied_out(inner, order) if inner is not None else None
    if len(gated + mixture) == 1 and whole is not None:
        settings = (gated + mixture)[0].settings
        function = same(str(settings.get("function", "")))
        if gated and settings.get("function"):
            yield PLAIN, GATED.format(function=function), _square(8, d), whole
        elif mixture and {"experts", "used"} <= set(settings):
            yield PLAIN, EXPERTS.format(n=settings["experts"], used=settings["used"]), _square(8, d), whole
    if without_biases(part.template):
        yield BIASES, NO_BIAS, 9 * d, 0


def _width(walk: Walkthrough, part: Part, attention: Idea, formulas: Mapping[str, Expr]) -> Symbol | None:
    """The symbol of the numbers a position has: the only one in the formula of a norm, else nothing."""
    if part.template is None or walk.family is None:
        return None
    width = {symbol for expr in formulas.values() if len(found := set(symbols(expr))) == 1 for symbol in found}
    values = {hyper.symbol: hyper.value for hyper in walk.family.free}
    shapes = {layer.call.output_shapes[0][-1] for layer in part.once if layer.call.bypass and layer.call.output_shapes}
    fitting = [symbol for symbol in width if values.get(symbol) in shapes]
    return fitting[0] if len(fitting) == 1 and len(shapes) == 1 else None


def _square(times: int, d: Symbol) -> Expr:
    return multiplied_out(times * (d * d)) or d


def _inside(part: Part, ideas: list[Idea], name: str) -> bool:
    """Whether a layer or a tensor of the first instance, by its name there, belongs to one of these."""
    path = f"{start_of(part)}{name}"
    calls = {call for idea in ideas for call in idea.calls}
    if any(path.startswith(f"{idea.path}.") for idea in ideas):
        return True
    return any(layer.index in calls and layer.path == path for layer in part.once)


def _keys_and_values(part: Part, attention: Idea, formulas: Mapping[str, Expr]) -> Expr | None:
    """What the two layers of keys and values have, where they are apart and alike."""
    calls = set(attention.calls)
    linears = [layer for layer in part.once if layer.index in calls and layer.kind is Kind.LINEAR]
    start = start_of(part)
    made: dict[object, list[Expr]] = {}
    for layer in linears:
        formula = formulas.get(layer.path.removeprefix(start))
        if formula is not None and (terms := terms_of(formula)) is not None:
            made.setdefault(frozenset(terms.items()), []).append(formula)
    pairs = [exprs for exprs in made.values() if len(exprs) == 2]
    smaller = [exprs for exprs in pairs if len(set(symbols(exprs[0]))) > 1]
    return total(smaller[0]) if len(linears) == 4 and len(smaller) == 1 else None
