"""What a block's numbers say: its formula worked out, what takes which share, and what its structure saves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from explainer.document.builder import Page
from explainer.document.nodes import Equation, Inline, Math, Row
from explainer.formula import rewrite
from explainer.formula.expansion import multiplied_out, summed, terms_of
from explainer.formula.printing import Plain, plain
from explainer.formula.role import Role
from explainer.formula.tree import (
    Expr,
    Number,
    Powers,
    Product,
    Symbol,
    product,
    steps,
    substitute,
    symbols,
    total,
    value_of,
)
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.block_ideas import ATTENTION_AND_MLP, called, of_first, users
from explainer.lesson.block_rows import joined_rows, used_by_a_token
from explainer.lesson.block_words import BOTTLENECK, described
from explainer.lesson.phrases import share
from explainer.lesson.places import output_shapes
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import sizes
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.parts import Layer
from explainer.walkthrough.story import Part
from explainer.walkthrough.templates.template import Row as Instance
from explainer.walkthrough.templates.template import Step, Template

Said = dict[str, Inline | Bi | int]
ONE = Bi(zh="一块的参数量", en="parameters of one block")
TAKES = Bi(zh="{name}有{n}个（{share}）", en="{name} {n} ({share})")
SHARES = Bi(zh="一块的参数中，{parts}。", en="The block's parameters belong to these parts: {parts}.")
THUMB = Bi(
    zh="最高次项{formula}占{share}，所以常粗略地说每块约{formula}个参数。",
    en="The highest terms, {formula}, make up {share} of them: hence the rule of thumb, about {formula} a block.",
)
THUMB_OF_ONE = Bi(zh=THUMB.zh, en=THUMB.en.replace("terms, {formula}, make", "term, {formula}, makes"))
NO_BIAS = Bi(zh="这些全连接层都没有偏置。", en="None of these fully connected layers has a bias.")
NO_BIAS_BEFORE_NORM = Bi(
    zh="每个卷积之后都有批归一化，减去均值时会抵消卷积的偏置，所以卷积不设偏置。",
    en="Batch normalization would subtract a bias of the convolutions again, so none has one.",
)
ROTARY = Bi(
    zh="位置用旋转位置编码（RoPE）表示，没有参数：位置t处的查询和键，各维按{pairing}两两配对，转过与t成正比的角度，底数为{base}（所用配置里的值）。",
    en="Positions enter by rotary embedding (RoPE), which has no parameters: queries and keys at position t are turned, {pairing} in "
    "pairs, by angles in proportion to t, with base {base} (that of the configuration used).",
)
ROTARY_IN_SOME = Bi(
    zh="{all}块中有{n}块用旋转位置编码（RoPE），没有参数：位置t处的查询和键，各维按{pairing}两两配对，转过与t成正比的角度，底数为{base}（所用配置里的值）。",
    en="In {n} of the {all} blocks positions enter by rotary embedding (RoPE), which has no parameters: queries and keys at position t are turned, {pairing} in "
    "pairs, by angles in proportion to t, with base {base} (that of the configuration used).",
)
PAIRING = {
    "half": Bi("前一半对后一半", "the first half of their numbers with the second"),
    "interleaved": Bi("相邻", "neighbouring numbers"),
}
GROUPED = Bi(
    zh="若键和值也有{heads}个头，每块要多{more}个参数，{n}块共多{all}个。",
    en="With {heads} heads for keys and values too, a block would have {more} parameters more, the {n} blocks together {all}.",
)
CACHE = Bi(
    zh="逐词元生成时要把键和值存下来（键值缓存，即KV cache）：每个词元{sum}={value}个数（键和值2份，{n}块，每块{heads}个头，每头{width}维），以16位存储占{bytes}字节。",
    en="When text is generated token by token, keys and values are kept (the KV cache): for each token {sum} = {value} numbers (keys and values, {n} blocks, {heads} "
    "heads, {width} features a head), {bytes} bytes with 16 bits each.",
)
EXPERTS = Bi(
    zh="专家共有{all}个参数，一个词元只用其中{used}个，一块中用到{active}个。",
    en="Of the experts' {all} parameters a token uses {used}, and of the whole block's {active}.",
)
INSIDE = Bi(
    zh="有{n}块没有表中注明“部分块才有”的层，这些块的{large}={small}，参数量就是{formula}。",
    en="In the {n} blocks without the layers marked “in some blocks”, {large} is {small}, which makes {formula} parameters each.",
)
PLAIN = Bi(
    zh="若不减少通道数，直接在{out}个通道上做两个{k}卷积，则需{worked}={wide}个权重，{about}为这三个卷积（{ours}个）的{times}倍。",
    en="Without the narrow middle, two {k} convolutions on all {out} channels would take {worked} = {wide} weights, {about}{times} times the {ours} of the three here.",
)
EQUAL_MACS = Bi(
    zh="这{n}块的计算量都是{macs}次乘加：边长减半，通道数加倍，两者相抵。",
    en="Each of these {n} blocks takes {macs} multiply-accumulates, in every stage: half the side and twice the channels cancel out.",
)
EQUAL_MACS_WORKED = Bi(
    zh="这{n}块的计算量都是{formula}={working}={macs}次乘加（每个权重在输出的{places}个位置上各用一次，{high}、{wide}为输出的高和宽）：边长减半，通道数加倍，两者相抵。",
    en="Each of these {n} blocks takes {formula} = {working} = {macs} multiply-accumulates (every weight once at each of the {places} places of the output, which is {high} high and {wide} wide): half the "
    "side and twice the channels cancel out.",
)
REDUCED = Bi(zh="这里{large}={small}，公式化为{formula}。", en="Here {large} = {small}, which makes it {formula}.")
REDUCED_USUAL = Bi(
    zh="这里{large}={small}，公式化为{formula}，与GPT-2的块相同。",
    en="Here {large} = {small}, which makes it {formula}, the same as a block of GPT-2.",
)
MOST_TIMES = 8
WIDE, MOSTLY = 84, Fraction(99, 100)


def worked_out(page: Page, walk: Walkthrough, template: Template, formulas: Mapping[str, Expr]) -> None:
    """12d²+13d with this model's numbers, for a block whose formula is in the family's symbols."""
    if not formulas or walk.family is None:
        return
    values = {hyper.symbol: hyper.value for hyper in walk.family.free}
    formula = _out(total(list(formulas.values())), walk)
    if formula is None or any(not isinstance(values[symbol], int) for symbol in symbols(formula)):
        return
    numbers = substitute(formula, {symbol: int(value) for symbol, value in values.items()})
    chain = [formula, numbers, *steps(numbers)[-1:], Number(template.rows[0].params)]
    if all(len(plain(expr, Plain())) <= WIDE for expr in chain):
        page.blocks.append(Equation(tuple(Row(None if i else page.label(ONE), (e,)) for i, e in enumerate(chain))))


def remarks(
    page: Page, walk: Walkthrough, part: Part, formulas: Mapping[str, Expr], checked: Bi, compared: bool = False
) -> None:
    """Sentences on the block, each only where its numbers say it; checked: torch's word, which comes last.

    compared: a table has how positions enter, and that there are no biases.
    """
    template = part.template
    if template is None:
        return
    said: list[tuple[Bi, Said]] = []
    ideas = of_first(part)
    if not template.symbols:
        in_table = page.detail == "handout" and bool(
            used_by_a_token(ideas, joined_rows(part, template, formulas, ideas))
        )
        said += _shares(walk, part, template, ideas, formulas, in_table)
        said += _reduced(walk, formulas)
        said += _rotary(walk, template) if not compared else []
        said += _of_attention(template, ideas) if not part.loop else []
    said += _without_bias(page, template) if not compared else []
    said += _inside_stages(walk, part, template)
    page.together([*(page.words(text, **values) for text, values in said), page.words(checked)])


def _shares(
    walk: Walkthrough,
    part: Part,
    template: Template,
    ideas: Sequence[Idea],
    formulas: Mapping[str, Expr],
    in_table: bool,
) -> list[tuple[Bi, Said]]:
    """Attention and feed-forward network beside each other; the rule of thumb; what a token uses of experts, if no table has it."""
    whole = template.rows[0].params
    by_idea = [(idea, _params_of(idea, part, template)) for idea in ideas if idea.kind in ATTENTION_AND_MLP]
    told = [(idea, value) for idea, value in by_idea if value]
    said: list[tuple[Bi, Said]] = []
    if len(told) > 1 and whole:
        named = [(called(idea, ideas) or same(idea.kind), value) for idea, value in told]
        parts = [TAKES.format(name=name, n=value, share=same(share(value, whole))) for name, value in named]
        said.append((SHARES, {"parts": joined(parts, "，", ", ")}))
    if formulas and (thumb := _thumb(walk, formulas)):
        said.append(thumb)
    for idea in ideas:
        n, used, one = (idea.settings.get(name) for name in ("experts", "used", "expert_params"))
        if (
            idea.kind == "mixture_of_experts"
            and not in_table
            and all(isinstance(value, int) for value in (n, used, one))
        ):
            n, used, one = int(n or 0), int(used or 0), int(one or 0)
            said.append((EXPERTS, {"all": n * one, "used": used * one, "active": whole - (n - used) * one}))
    return said


def _params_of(idea: Idea, part: Part, template: Template) -> int:
    """The parameters of the calls of an idea, and of the tensors that it uses directly."""
    inside = set(idea.calls)
    calls = sum(step.example.value for step in template.steps if step.example.index in inside)
    held = [one for one in template.held if (calls_with := users(part, one.name)) and calls_with <= inside]
    return calls + sum(int(value_of(one.params, {})) for one in held)


def _thumb(walk: Walkthrough, formulas: Mapping[str, Expr]) -> tuple[Bi, Said] | None:
    """The terms of the highest degree, where they are nearly all."""
    whole = total(list(formulas.values()))
    terms = terms_of(whole)
    if terms is None or walk.family is None:
        return None
    highest = max(sum(power for _, power in key) for key in terms)
    most = {key: c for key, c in terms.items() if sum(power for _, power in key) == highest}
    if len(most) == len(terms) or len(most) > 2:
        return None
    formula = summed(most, walk.family.symbols, as_met=True)
    values = {hyper.symbol: hyper.value for hyper in walk.family.free}
    part, all_of_it = (int(value_of(one, values)) for one in (formula, whole))  # type: ignore[arg-type]
    if Fraction(part, all_of_it) < MOSTLY:
        return None
    return THUMB_OF_ONE if len(most) == 1 else THUMB, {"formula": Math(formula), "share": same(share(part, all_of_it))}


def _rotary(walk: Walkthrough, template: Template) -> list[tuple[Bi, Said]]:
    """How positions enter, where all blocks do it alike, or those that do it at all."""
    found = _turned(walk, template)
    base = only_base(walk, template, every=False)
    pairing = {str(one.get("pairing")) for one in found}
    if base is None or len(pairing) != 1 or (how := PAIRING.get(pairing.pop())) is None:
        return []
    if len(found) < len(template.rows):
        return [(ROTARY_IN_SOME, {"pairing": how, "base": base, "n": len(found), "all": len(template.rows)})]
    return [(ROTARY, {"pairing": how, "base": base})]


def only_base(walk: Walkthrough, template: Template, every: bool = True) -> Bi | None:
    """The base of the rotary embedding, where every block has one and all have the same; every=False: or only some have one."""
    found = _turned(walk, template)
    bases = {one.get("base") for one in found}
    base = bases.pop() if len(bases) == 1 else None
    if not isinstance(base, int | float) or (every and len(found) != len(template.rows)):
        return None
    return same(grouped(int(base)) if base == int(base) else f"{base}")


def _turned(walk: Walkthrough, template: Template) -> list[Mapping[str, object]]:
    starts = tuple(f"{row.path}." for row in template.rows)
    return [idea.settings for idea in walk.ideas if idea.kind == "rotary" and f"{idea.path}.".startswith(starts)]


def _of_attention(template: Template, ideas: Sequence[Idea]) -> list[tuple[Bi, Said]]:
    """What grouped keys and values save, and how much a cache keeps."""
    said: list[tuple[Bi, Said]] = []
    attention = [idea for idea in ideas if idea.kind == "attention"]
    if len(attention) != 1 or attention[0].settings.get("cross"):
        return said
    settings, n = attention[0].settings, len(template.rows)
    sizes = [settings.get(name) for name in ("heads", "kv_heads", "head_width", "value_width")]
    if not all(isinstance(one, int) for one in sizes):
        return said
    heads, kv, width, value_width = (int(one or 0) for one in sizes)
    if 0 < kv < heads and heads % kv == 0 and "kv_latent" not in settings:
        inside = set(attention[0].calls)
        own = [s.example for s in template.steps if s.example.index in inside and s.example.kind is Kind.LINEAR]
        made = [layer for layer in own if _outputs(layer) in (kv * width, kv * value_width)]
        if len(made) == 2:
            more = sum(layer.value for layer in made) * (heads // kv - 1)
            said.append((GROUPED, {"heads": heads, "more": more, "n": n, "all": n * more}))
    if settings.get("mask") == "causal" and "kv_latent" not in settings and width == value_width:
        numbers = 2 * n * kv * width
        text = f"2·{n}·{kv}·{width}"
        told: Said = {"n": n, "heads": kv, "width": width}
        said.append((CACHE, {"sum": same(text), "value": numbers, "bytes": 2 * numbers, **told}))
    return said


def _outputs(layer: Layer) -> int:
    values = layer.params.values if layer.params else {}
    return next((value for symbol, value in values.items() if symbol.role is Role.FEATURES_OUT), 0)


def _without_bias(page: Page, template: Template) -> list[tuple[Bi, Said]]:
    linear, convs = _linear(template), _convolutions(template)
    if convs and not linear and all(layer.index in page.normalized and not _bias(layer) for layer in convs):
        return [(NO_BIAS_BEFORE_NORM, {})] if page.first("no bias") else []
    return [(NO_BIAS, {})] if without_biases(template) else []


def without_biases(template: Template) -> bool:
    """Whether no fully connected layer of a block without convolutions has a bias."""
    linear = _linear(template)
    return len(linear) > 1 and not any(map(_bias, linear)) and not _convolutions(template)


def _linear(template: Template) -> list[Layer]:
    return [s.example for s in template.steps if s.params is not None and s.example.kind is Kind.LINEAR]


def _convolutions(template: Template) -> list[Layer]:
    return [s.example for s in template.steps if s.params is not None and s.example.kind is Kind.CONVOLUTION]


def _bias(layer: Layer) -> bool:
    return any(tensor.name.rpartition(".")[2] == "bias" for tensor in layer.owned) or _has_bias(layer)


def _has_bias(layer: Layer) -> bool:
    values = layer.params.values if layer.params else {}
    return any(value for symbol, value in values.items() if symbol.role is Role.BIAS)


def _inside_stages(walk: Walkthrough, part: Part, template: Template) -> list[tuple[Bi, Said]]:
    """C = 4m in the blocks without an option: what is left of the formula, and what the narrow middle saves."""
    rows = [row for row in template.rows if not row.options]
    if template.option_formula is None or len(rows) < 3 or len(rows) == len(template.rows):
        return []
    relation = _relation(template.symbols, rows)
    if relation is None:
        return []
    large, times, small = relation
    shown = times * small

    def inside(expr: Expr) -> Expr:
        changed = rewrite.replace(expr, {large.name: shown})
        return multiplied_out(changed, [small.name]) or changed

    formula = inside(template.formula)
    said: list[tuple[Bi, Said]] = [
        (INSIDE, {"n": len(rows), "large": Math(large), "small": Math(shown), "formula": Math(formula)})
    ]
    return said + _equal(walk, template, rows, inside) + _plain(part, template, inside)


def _out(expr: Expr, walk: Walkthrough) -> Expr | None:
    return multiplied_out(expr, [symbol.name for symbol in walk.family.symbols] if walk.family else [])


def _relation(free: Sequence[Symbol], rows: Sequence[Instance]) -> tuple[Symbol, int, Symbol] | None:
    """C = 4m: one of two symbols is the same multiple of the other in all of these, which are not all alike."""
    if len(free) != 2:
        return None
    for large, small in ((0, 1), (1, 0)):
        quotients = {Fraction(row.values[large], row.values[small]) for row in rows if row.values[small]}
        different = len({row.values for row in rows})
        if len(quotients) == 1 and different > 2 and (times := quotients.pop()).denominator == 1 and times > 1:
            return free[large], int(times), free[small]
    return None


def _plain(part: Part, template: Template, inside: Callable[[Expr], Expr]) -> list[tuple[Bi, Said]]:
    """What two large convolutions on all channels would take, beside the bottleneck's three."""
    convs = [s for s in template.steps if s.example.kind is Kind.CONVOLUTION and not s.option and s.params is not None]
    if described(part)[0] is not BOTTLENECK or len(convs) != 3 or _grouped(convs[1]):
        return []
    out, kernel = convs[2].sizes[Role.CHANNELS_OUT], convs[1].example.params
    side = [value for symbol, value in kernel.values.items() if symbol.role is Role.KERNEL] if kernel else []
    ours = inside(total([step.params for step in convs if step.params is not None]))
    wide = inside(2 * math.prod(side) * out * out)
    one, other = terms_of(wide), terms_of(ours)
    if not one or not other or len(one) != 1 or one.keys() != other.keys():
        return []
    times = next(iter(one.values())) / next(iter(other.values()))
    k = same("×".join(map(str, side)))
    factors = (Number(2), *map(Number, side), inside(out), inside(out))
    worked = Powers(tuple((True, one) for one in factors))
    values: Said = {"k": k, "out": Math(inside(out)), "worked": Math(worked), "wide": Math(wide), "ours": Math(ours)}
    shown = f"{float(times):.0f}"
    about = Bi("约", "about ") if times.denominator != 1 else same("")
    return [(PLAIN, {**values, "times": same(shown), "about": about})]


def _grouped(step: Step) -> bool:
    values = step.example.params.values if step.example.params else {}
    return any(value > 1 for symbol, value in values.items() if symbol.role is Role.GROUPS)


def _equal(
    walk: Walkthrough, template: Template, rows: Sequence[Instance], inside: Callable[[Expr], Expr]
) -> list[tuple[Bi, Said]]:
    """17m²·HW: every weight of the convolutions once at every place, where this gives each block's own number."""
    macs = {row.macs for row in rows}
    only = macs.pop() if len(macs) == 1 else None
    if not only or len({row.values for row in rows}) < 3:
        return []
    convs = [
        s.params for s in template.steps if s.params is not None and s.example.kind is Kind.CONVOLUTION and not s.option
    ]
    weights = total(convs)
    shapes = output_shapes(template, walk)
    for row in rows:
        shape = shapes.get(row.path, ())
        values = dict(zip(template.symbols, row.values, strict=True))
        if len(shape) != 4 or value_of(weights, values) * shape[2] * shape[3] != only:
            return [(EQUAL_MACS, {"macs": only, "n": len(rows)})]
    first, short = rows[0], inside(weights)
    height, width = shapes[first.path][2:]
    numbers = substitute(short, dict(zip(template.symbols, first.values, strict=True)))
    working = product([*_factors(numbers), Number(height), Number(width)])
    height_and_width = sizes(2, out=True)
    formula = Powers(tuple((True, one) for one in (*_factors(short), *height_and_width)))
    places = Math(Powers(tuple((True, one) for one in height_and_width)))
    told: Said = {"formula": Math(formula), "working": Math(working), "macs": only, "n": len(rows)}
    high, wide = height_and_width
    return [(EQUAL_MACS_WORKED, {**told, "places": places, "high": Math(high), "wide": Math(wide)})]


def _factors(expr: Expr) -> list[Expr]:
    return [one for _, one in expr.parts] if isinstance(expr, Product) else [expr]


def _reduced(walk: Walkthrough, formulas: Mapping[str, Expr]) -> list[tuple[Bi, Said]]:
    """f = 4d leaves 12d²+13d: one symbol a multiple of another, which makes the formula one in that alone."""
    if not formulas or walk.family is None:
        return []
    whole = total(list(formulas.values()))
    used = {symbol.name for symbol in symbols(whole)}
    free = [hyper for hyper in walk.family.free if hyper.symbol.name in used and isinstance(hyper.value, int)]
    for large in free:
        for small in free:
            times = int(large.value) // int(small.value) if int(small.value) else 0
            if not 1 < times <= MOST_TIMES or times * int(small.value) != large.value:
                continue
            changed = multiplied_out(
                rewrite.replace(whole, {large.symbol.name: times * small.symbol}), [small.symbol.name]
            )
            if changed is None or {symbol.name for symbol in symbols(changed)} != {small.symbol.name}:
                continue
            values: Said = {"large": Math(large.symbol), "small": Math(times * small.symbol), "formula": Math(changed)}
            d = small.symbol.name
            usual = terms_of(changed) == {((d, 2),): Fraction(12), ((d, 1),): Fraction(13)}
            return [(REDUCED_USUAL if usual else REDUCED, values)]
    return []
