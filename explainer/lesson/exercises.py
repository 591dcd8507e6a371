"""Exercises on the network itself, each with another number than the lesson's, so that no answer stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from explainer.document.builder import Page, merge
from explainer.document.exercises import Exercise, Pitfall
from explainer.document.nodes import Bullets, Code, Inline, Math, Paragraph, Strong, Text, Words
from explainer.formula.derivation import Derivation, derive
from explainer.formula.expansion import multiplied_out
from explainer.formula.printing import Plain, plain
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, product, steps, substitute, symbols, total, value_of
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.block import blocks_of
from explainer.lesson.macs import for_one
from explainer.lesson.phrases import capitalised, derived_sizes
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.family import Family
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.templates.template import Template

EXERCISES = Bi(zh="练习", en="Exercises")
ANSWERS = Bi(zh="答案", en="Answers")
GAP = {"zh": "　", "en": ". "}
STOP = Bi(zh="。", en=". ")
PITFALLS = Bi(zh="常见错误", en="Pitfalls")
KERNEL = Bi(
    zh="{path}的卷积核若改为{k}×{k}，其余不变，这一层有多少个参数？",
    en="How many parameters would {path} have with a {k}×{k} kernel, all else unchanged?",
)
KERNEL_LENGTH = Bi(
    zh="{path}的核长若改为{k}，其余不变，这一层有多少个参数？",
    en="How many parameters would {path} have with a kernel of length {k}, all else unchanged?",
)
LENGTH = Bi(
    zh="{path}的输入若长{side}，输出的长度是多少？",
    en="If the input of {path} were {side} long, how long would its output be?",
)
CLASSES = Bi(
    zh="若把最后的{path}改为{n}个输出，整个网络有多少个参数？",
    en="How many parameters would the whole network have if the last layer, {path}, had {n} outputs?",
)
SIZE = Bi(
    zh="{path}的输入若为{side}×{side}，输出的高是多少？",
    en="If the input of {path} were {side}×{side}, how high would its output be?",
)
BLOCK = Bi(
    zh="与{path}同一种的块，若{values}（{options}），有多少个参数？",
    en="How many parameters does a block of the same kind as {path} have with {values} ({options})?",
)
WITH, WITHOUT = (
    Bi("含部分块才有的层", "with the layers that only some blocks have"),
    Bi("不含部分块才有的层", "without the layers that only some blocks have"),
)
PLAIN_BLOCK = Bi(
    zh="与{path}同一种的块，若{values}，有多少个参数？",
    en="How many parameters does a block of the same kind as {path} have with {values}?",
)
COST = Bi(
    zh="{path}的输出若改为{size}，其余不变，计算量是多少？是原来的几倍？",
    en="If the output of {path} were {size}, all else unchanged, how many multiply-accumulates would it take, and how many times as many as now?",
)
RATIO = Bi(zh="原来是{before}，现在是它的{n}倍。", en="It took {before}, so this is {n} times as many.")
TWICE = Bi(zh="原来是{before}，现在是它的2倍。", en="It took {before}, so this is twice as many.")
TOKENS = Bi(
    zh="序列长度若改为{n}，{path}的计算量是多少？是原来的几倍？",
    en="How many multiply-accumulates would {path} take for a sequence of length {n}, and how many times as many as now?",
)
INPUTS = Bi(
    zh="{path}的输入若改为{n}个特征，其余不变，这一层有多少个参数？",
    en="How many parameters would {path} have with {n} input features, all else unchanged?",
)
BATCH = Bi(
    zh="批量大小为{n}时，一次前向传播的计算量是多少？参数量呢？",
    en="With a batch of {n}, how many multiply-accumulates does one forward pass take? And how many parameters are there?",
)
SAME_PARAMETERS = Bi(zh="参数量不变，仍为{total}。", en="The number of parameters stays {total}.")
MAP = Bi(
    zh="批量大小为{n}时，{path}的输出以float32（每个数4字节）存储，占多少字节？",
    en="With a batch of {n}, how many bytes does the output of {path} take in float32, four bytes each?",
)
VOCABULARY = Bi(
    zh="若词表改为{n}个词元，嵌入层和输出层{path}都随之改变，整个网络有多少个参数？",
    en="How many parameters would the whole network have with a vocabulary of {n}? The embedding and the last layer, {path}, follow.",
)
VOCABULARY_TIED = Bi(
    zh="若词表改为{n}个词元，整个网络有多少个参数？（输出层{path}与嵌入层共用参数。）",
    en="How many parameters would the whole network have with a vocabulary of {n}? The last layer, {path}, shares the embedding's.",
)
TABLE_AND_LAST = Bi(zh="其余各层的{rest}个参数不变。", en="The others keep their {rest}.")
TABLE_ALONE = Bi(
    zh="其余各层的{rest}个参数不变；共用的参数只计1次。", en="The others keep their {rest}; what is shared counts once."
)
USUAL = (32_000, 50_000, 100_000)  # numbers of words to ask for
ENDS = (Role.FEATURES_IN, Role.FEATURES_OUT)
MANY, FEW = 32, 8  # batches to ask for
BYTES = Bi(
    zh="全部参数以float16（每个数2字节）存储，占多少字节？",
    en="How many bytes do all parameters take in float16, two bytes each?",
)
FAMILY = Bi(
    zh="同系列的模型，若{values}，其余不变，共有多少个参数？",
    en="How many parameters would a model of the family have with {values}, all else unchanged?",
)
REST = Bi(
    zh="其余各层的{rest}个参数不变，只有{path}的参数量改变。",
    en="Only {path} changes; the others keep their {rest}.",
)
MOST, LONG = 5, 90


def exercises_of(walk: Walkthrough) -> list[Exercise]:
    """At most five, of different kinds, as the network has them."""
    makers = (_family, _block, _kernel, _size, _cost, _tokens, _classes, _vocabulary, _batch, _inputs, _map, _bytes)
    found: dict[int, Exercise] = {}
    for one in (one for maker in makers for one in list(maker(walk))[:1]):
        found.setdefault(int(value_of(one.chain[-1], {})), one)  # other classes and another last layer are one question
    return list(found.values())[:MOST]


def exercises(page: Page, walk: Walkthrough) -> None:
    """Questions, and behind them the answers with their working."""
    found = exercises_of(walk)
    if not found:
        return
    page.heading(2, EXERCISES)
    for i, one in enumerate(found, 1):
        asked = page.words(one.question, path=Code(one.path), **one.settings)
        page.blocks.append(Paragraph(_once(page, (f"{i}. ",), asked)))
    page.heading(2, ANSWERS)
    for i, one in enumerate(found, 1):
        worked: tuple[Inline, ...] = (f"{i}. ", *_worked(one.chain))
        if one.said is None:
            page.put(*worked)
            continue
        said = page.words(one.said, path=Code(one.path))
        page.blocks.append(Paragraph(_once(page, (*worked, STOP[page.langs[0]]), said)))


def _once(page: Page, lead: Text, said: Words) -> Words:
    """Number and working stand once, before the first language; the second has its sentences alone."""
    return {lang: merge((*lead, *text)) if lang == page.langs[0] else text for lang, text in said.items()}


def _worked(chain: tuple[Expr, ...]) -> list[Inline]:
    """numbers = step = value on one line; where that is too long, without the first or the steps."""
    lengths = [len(plain(expr, Plain())) for expr in chain]
    kept = [expr for expr, length in zip(chain, lengths, strict=True) if length <= LONG]
    while len(kept) > 2 and sum(len(plain(expr, Plain())) for expr in kept) > LONG:
        kept.pop(-2)
    parts: list[Inline] = []
    for i, expr in enumerate(kept):
        parts += [" = ", Math(expr)] if i else [Math(expr)]
    return parts


def pitfalls(page: Page, found: tuple[Pitfall, ...]) -> None:
    """What often goes wrong with this network's own figures."""
    if not found:
        return
    page.heading(2, PITFALLS)
    page.blocks.append(Bullets(tuple(_pitfall(page, one) for one in found)))


def _pitfall(page: Page, one: Pitfall) -> Words:
    said = page.words(one.text)
    return {lang: merge((Strong(capitalised(one.of)[lang]), GAP[lang], *said[lang])) for lang in page.langs}


def _chain(derivation: Derivation) -> tuple[Expr, ...]:
    """Numbers, steps, value."""
    value = () if isinstance(derivation.substituted, Number) else (Number(derivation.value),)
    return (derivation.substituted, *derivation.steps, *value)


def _with(derivation: Derivation, changed: Mapping[Symbol, int]) -> Derivation | None:
    """The same formula with other numbers; None where it does not come out whole."""
    try:
        return derive(derivation.symbolic, {**derivation.values, **changed})
    except (ValueError, ZeroDivisionError, KeyError):
        return None


def _by_role(derivation: Derivation, role: Role) -> list[Symbol]:
    return [symbol for symbol in symbols(derivation.symbolic) if symbol.role is role]


def _filled(text: Bi, **values: object) -> Bi:
    """The numbers put in; the layer's name stays a placeholder."""
    return text.format(path=same("{path}"), **values)


def _kernel(walk: Walkthrough) -> Iterator[Exercise]:
    for layer in walk.layers:
        if layer.kind not in (Kind.CONVOLUTION, Kind.TRANSPOSED) or layer.params is None or not layer.value:
            continue
        sides = _by_role(layer.params, Role.KERNEL)
        values = {layer.params.values[side] for side in sides}
        if len(sides) in (1, 2) and len(values) == 1 and (old := values.pop()) > 1:
            new = {3: 5, 5: 3}.get(old, 3)
            found = _with(layer.params, dict.fromkeys(sides, new))
            if found:
                text = KERNEL if len(sides) == 2 else KERNEL_LENGTH
                yield Exercise(_filled(text, k=new), _chain(found), layer.path)


def _size(walk: Walkthrough) -> Iterator[Exercise]:
    for layer in walk.layers:
        sizes = derived_sizes(layer)
        if layer.kind not in (Kind.CONVOLUTION, Kind.POOLING, Kind.TRANSPOSED) or len(sizes) not in (1, 2):
            continue
        _, high = sizes[0]
        image = _by_role(high, Role.SIZE)
        if len(image) != 1:
            continue
        old = high.values[image[0]]
        grows = layer.kind is Kind.TRANSPOSED and high.value > old
        if grows or (old > 12 and high.value < old):
            found = _with(high, {image[0]: old + 3 if grows else old - 33 if old > 60 else old - 5})
            if found and found.value > 0:
                text = SIZE if len(sizes) == 2 else LENGTH
                yield Exercise(_filled(text, side=found.values[image[0]]), _chain(found), layer.path)


def _cost(walk: Walkthrough) -> Iterator[Exercise]:
    for layer in reversed(walk.layers):
        if layer.kind is not Kind.CONVOLUTION or layer.macs is None:
            continue
        cost = for_one(layer.macs)
        sides = _by_role(cost, Role.SIZE_OUT)
        if len(sides) == 2:
            found = _with(cost, {side: 3 * cost.values[side] for side in sides})
            if found and found.value % cost.value == 0:
                size = same("×".join(str(found.values[side]) for side in sides))
                said = _ratio(cost.value, found.value // cost.value)
                yield Exercise(_filled(COST, size=size), _chain(found), layer.path, said)


def _classes(walk: Walkthrough) -> Iterator[Exercise]:
    last = _output_layer(walk)
    if last is None or last.params is None or last.counted != last.value or _table_of(walk, last) is not None:
        return
    out = _by_role(last.params, Role.FEATURES_OUT)
    if len(out) != 1 or not walk.complete:
        return
    new = 10 if last.params.values[out[0]] != 10 else 100
    found = _with(last.params, {out[0]: new})
    if found:
        rest = walk.totals.params - last.counted
        whole = derive(total([Number(rest), found.symbolic]), found.values)
        yield Exercise(_filled(CLASSES, n=new), _chain(whole), last.path, _filled(REST, rest=rest))


def _output_layer(walk: Walkthrough) -> Layer | None:
    """The fully connected layer that makes the network's output, of another width than what goes in."""
    last = next((layer for layer in reversed(walk.layers) if layer.value), None)
    if last is None or last.kind is not Kind.LINEAR or last.params is None or not walk.complete:
        return None
    behind = {layer.kind for layer in walk.layers if layer.index > last.index}
    sizes = {last.params.values[one] for role in ENDS for one in _by_role(last.params, role)}
    made = set(last.call.output_shapes[:1]) & set(walk.run.output_shapes)
    return last if made and behind <= {Kind.RESHAPE, Kind.ACTIVATION, Kind.DROPOUT} and len(sizes) > 1 else None


def _table_of(walk: Walkthrough, last: Layer) -> Layer | None:
    """The embedding whose rows are the outputs of the last layer: both are as long as the vocabulary."""
    assert last.params is not None
    outputs = [last.params.values[one] for one in _by_role(last.params, Role.FEATURES_OUT)]
    for layer in walk.layers:
        if layer.kind is not Kind.EMBEDDING or layer.params is None or layer.counted != layer.value:
            continue
        if [layer.params.values[one] for one in _by_role(layer.params, Role.ROWS)] == outputs:
            return layer
    return None


def _vocabulary(walk: Walkthrough) -> Iterator[Exercise]:
    """Another number of words: the table changes, and the last layer with it."""
    last = _output_layer(walk)
    table = _table_of(walk, last) if last is not None else None
    if last is None or last.params is None or table is None or table.params is None:
        return
    (rows,) = _by_role(table.params, Role.ROWS)
    old = table.params.values[rows]
    new = next(n for n in USUAL if abs(n - old) > n // 8)
    parts = [derive(table.params.symbolic, {**table.params.values, rows: new})]
    if last.counted:
        (out,) = _by_role(last.params, Role.FEATURES_OUT)
        parts.append(derive(last.params.symbolic, {**last.params.values, out: new}))
    rest = walk.totals.params - table.counted - last.counted
    numbers = total([Number(rest), *(part.substituted for part in parts)])
    whole = rest + sum(part.value for part in parts)
    chain = (numbers, total([Number(rest), *(Number(part.value) for part in parts)]), Number(whole))
    question, said = (VOCABULARY, TABLE_AND_LAST) if last.counted else (VOCABULARY_TIED, TABLE_ALONE)
    yield Exercise(_filled(question, n=new), chain, last.path, said.format(rest=rest))


def _block(walk: Walkthrough) -> Iterator[Exercise]:
    derived = [part.template for part in blocks_of(walk) if part.template is not None]
    for template in sorted(derived, key=lambda one: -len(one.rows)):
        if template.symbols and len(template.symbols) < 4 and (found := _of_block(template)):
            yield found


def _of_block(template: Template) -> Exercise | None:
    """Twice the largest instance's sizes: a block that the network does not have."""
    row = max(template.rows, key=lambda one: one.params)
    values = {symbol: _other(symbol, value) for symbol, value in zip(template.symbols, row.values, strict=True)}
    options = template.option_formula if row.options else None
    whole = template.formula if options is None else total([template.formula, options])
    try:
        found = derive(whole, values)
    except ValueError:
        return None
    names = [symbol.name for symbol in template.symbols]
    numbers = substitute(multiplied_out(whole, names) or whole, values)
    said = joined([Bi(f"{{s{i}}}={grouped(n)}", f"{{s{i}}} = {grouped(n)}") for i, n in enumerate(values.values())])
    chain: tuple[Expr, ...] = (numbers, *steps(numbers)[-1:], Number(found.value))
    text = PLAIN_BLOCK if template.option_formula is None else BLOCK
    settings = {f"s{i}": Math(symbol) for i, symbol in enumerate(values)}
    return Exercise(
        _filled(text, values=said, options=WITH if row.options else WITHOUT), chain, row.path, settings=settings
    )


def _other(symbol: Symbol, value: int) -> int:
    return value if symbol.role is Role.KERNEL else 2 * value


def _settings(family: Family, times: int) -> dict[str, int]:
    """So many times the width and the number of blocks, or of what else it is built with; other classes only beside these, they are asked for alone too."""
    ranges = {one.name: one for one in family.domain.ranges}
    found: dict[str, dict[str, int]] = {}
    for hyper in family.free:
        bound, letter = ranges.get(hyper.name), hyper.symbol.name
        if bound is None or not isinstance(hyper.value, int) or bound.only:
            continue
        new = (10 if hyper.value != 10 else 100) if letter == "K" else times * hyper.value
        if bound.low <= new <= bound.high and (new - hyper.value) % bound.step == 0:
            found.setdefault(letter if letter in ("d", "L", "K", "w") else "", {})[hyper.name] = new
    classes, others = found.pop("K", {}), found.pop("", {})
    usual = {name: new for group in found.values() for name, new in group.items()}
    chosen = usual or dict(list(others.items())[:1])
    return {**chosen, **classes} if chosen else {}


def _family(walk: Walkthrough) -> Iterator[Exercise]:
    family = walk.family
    if family is None or family.params is None:
        return
    for times in (2, 4):
        yield from _of_family(walk, family, _settings(family, times))


def _of_family(walk: Walkthrough, family: Family, settings: dict[str, int]) -> Iterator[Exercise]:
    """With these settings; not where the table of the family's models has the answer."""
    assert family.params is not None
    if not settings or family.domain.only_tested or family.domain.unmet({**family.settings, **settings}):
        return
    values = {hyper.symbol: int(settings.get(hyper.name, hyper.value)) for hyper in family.free}
    if any(settings.get(h.name, h.value) != values[h.symbol] for h in family.free):
        return
    try:
        found = derive(family.params, values)
    except ValueError:
        return
    if walk.relatives is not None and any(row.torch_params == found.value for row in walk.relatives.rows):
        return
    codes = {f"s{i}": Code(f"{name}={value}") for i, (name, value) in enumerate(settings.items())}
    numbers = substitute(family.params, values)
    chain: tuple[Expr, ...] = (numbers, *steps(numbers)[-1:], Number(found.value))
    yield Exercise(FAMILY.format(values=joined([same(f"{{{name}}}") for name in codes])), chain, settings=codes)


def _ratio(before: int, times: int) -> Bi:
    return TWICE.format(before=before) if times == 2 else RATIO.format(before=before, n=times)


def _tokens(walk: Walkthrough) -> Iterator[Exercise]:
    """A layer whose computation grows with the length of the sequence, that of attention before others."""
    found = [layer for layer in walk.layers if layer.macs is not None and _by_role(layer.macs, Role.TOKENS)]
    for layer in sorted(found, key=lambda one: one.kind is not Kind.ATTENTION):
        assert layer.macs is not None
        cost = for_one(layer.macs)
        lengths = _by_role(cost, Role.TOKENS)
        length = cost.values[lengths[0]]
        if any(cost.values[one] != length for one in lengths):
            continue
        changed = _with(cost, dict.fromkeys(lengths, 2 * length))
        if changed and changed.value % cost.value == 0:
            said = _ratio(cost.value, changed.value // cost.value)
            yield Exercise(_filled(TOKENS, n=2 * length), _chain(changed), layer.path, said)


def _batch(walk: Walkthrough) -> Iterator[Exercise]:
    macs = walk.macs
    one_sample = walk.run.batch == "first" and all(shape[:1] == (1,) for shape in walk.run.input_shapes)
    if macs.value and not macs.at_least and walk.run.input_shapes and one_sample:
        found = MANY * Number(macs.value)
        said = SAME_PARAMETERS.format(total=walk.totals.params)
        yield Exercise(BATCH.format(n=MANY), (found, Number(MANY * macs.value)), "", said)


def _inputs(walk: Walkthrough) -> Iterator[Exercise]:
    for layer in walk.layers:
        if layer.kind is not Kind.LINEAR or layer.params is None or layer.counted != layer.value:
            continue
        features = _by_role(layer.params, Role.FEATURES_IN)
        if len(features) == 1:
            found = _with(layer.params, {features[0]: 2 * layer.params.values[features[0]]})
            if found and found.value:
                n = found.values[features[0]]
                yield Exercise(_filled(INPUTS, n=n), _chain(found), layer.path)


def _map(walk: Walkthrough) -> Iterator[Exercise]:
    for layer in walk.layers:
        shape = layer.call.output_shapes[0] if layer.call.output_shapes else ()
        if layer.value and len(shape) > 2 and shape[0] == 1 and layer.path:
            found = product([Number(FEW), *(Number(size) for size in shape[1:]), Number(4)])
            value = Number(FEW * 4 * prod(shape))
            yield Exercise(_filled(MAP, n=FEW), (found, value), layer.path)


def _bytes(walk: Walkthrough) -> Iterator[Exercise]:
    found = 2 * Number(walk.totals.params)
    yield Exercise(BYTES, (found, Number(2 * walk.totals.params)))
