"""Exercises on a whole network, its blocks and its family, each with another number than the lesson's."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.document.exercises import Exercise
from explainer.document.nodes import Code, Math
from explainer.formula.derivation import derive
from explainer.formula.expansion import multiplied_out
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, steps, substitute, total
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.block import blocks_of
from explainer.lesson.other_numbers import by_role, chain_of, filled, with_other
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.family import Family
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.templates.template import Template

CLASSES = Bi(
    zh="若把最后的{path}改为{n}个输出，整个网络有多少个参数？",
    en="How many parameters would the whole network have if the last layer, {path}, had {n} outputs?",
)
BLOCK = Bi(
    zh="与{path}同类的块，若{values}（{options}），有多少个参数？",
    en="How many parameters does a block of the same kind as {path} have with {values} ({options})?",
)
WITH, WITHOUT = (
    Bi("含部分块才有的层", "with the layers that only some blocks have"),
    Bi("不含部分块才有的层", "without the layers that only some blocks have"),
)
PLAIN_BLOCK = Bi(
    zh="与{path}同类的块，若{values}，有多少个参数？",
    en="How many parameters does a block of the same kind as {path} have with {values}?",
)
BATCH = Bi(
    zh="批量大小为{n}时，一次前向传播的计算量是多少？参数量呢？",
    en="With a batch of {n}, how many multiply-accumulates does one forward pass take? And how many parameters are there?",
)
SAME_PARAMETERS = Bi(zh="参数量不变，仍为{total}。", en="The number of parameters stays {total}.")
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
MANY = 32  # a batch to ask for
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


def class_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """Another number of classes: the parameters of the whole."""
    last = _output_layer(walk)
    if last is None or last.params is None or last.counted != last.value or _table_of(walk, last) is not None:
        return
    out = by_role(last.params, Role.FEATURES_OUT)
    if len(out) != 1 or not walk.complete:
        return
    new = 10 if last.params.values[out[0]] != 10 else 100
    found = with_other(last.params, {out[0]: new})
    if found:
        rest = walk.totals.params - last.counted
        whole = derive(total([Number(rest), found.symbolic]), found.values)
        yield Exercise(filled(CLASSES, n=new), chain_of(whole), last.path, filled(REST, rest=rest))


def _output_layer(walk: Walkthrough) -> Layer | None:
    """The fully connected layer that makes the network's output, of another width than what goes in."""
    last = next((layer for layer in reversed(walk.layers) if layer.value), None)
    if last is None or last.kind is not Kind.LINEAR or last.params is None or not walk.complete:
        return None
    behind = {layer.kind for layer in walk.layers if layer.index > last.index}
    sizes = {last.params.values[one] for role in ENDS for one in by_role(last.params, role)}
    made = set(last.call.output_shapes[:1]) & set(walk.run.output_shapes)
    return last if made and behind <= {Kind.RESHAPE, Kind.ACTIVATION, Kind.DROPOUT} and len(sizes) > 1 else None


def _table_of(walk: Walkthrough, last: Layer) -> Layer | None:
    """The embedding whose rows are the outputs of the last layer: both are as long as the vocabulary."""
    assert last.params is not None
    outputs = [last.params.values[one] for one in by_role(last.params, Role.FEATURES_OUT)]
    for layer in walk.layers:
        if layer.kind is not Kind.EMBEDDING or layer.params is None or layer.counted != layer.value:
            continue
        if [layer.params.values[one] for one in by_role(layer.params, Role.ROWS)] == outputs:
            return layer
    return None


def vocabulary_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """Another number of words: the table changes, and the last layer with it."""
    last = _output_layer(walk)
    table = _table_of(walk, last) if last is not None else None
    if last is None or last.params is None or table is None or table.params is None:
        return
    (rows,) = by_role(table.params, Role.ROWS)
    old = table.params.values[rows]
    new = next(n for n in USUAL if abs(n - old) > n // 8)
    parts = [derive(table.params.symbolic, {**table.params.values, rows: new})]
    if last.counted:
        (out,) = by_role(last.params, Role.FEATURES_OUT)
        parts.append(derive(last.params.symbolic, {**last.params.values, out: new}))
    rest = walk.totals.params - table.counted - last.counted
    numbers = total([Number(rest), *(part.substituted for part in parts)])
    whole = rest + sum(part.value for part in parts)
    chain = (numbers, total([Number(rest), *(Number(part.value) for part in parts)]), Number(whole))
    question, said = (VOCABULARY, TABLE_AND_LAST) if last.counted else (VOCABULARY_TIED, TABLE_ALONE)
    yield Exercise(filled(question, n=new), chain, last.path, said.format(rest=rest))


def block_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """A block of sizes that the network does not have."""
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
        filled(text, values=said, options=WITH if row.options else WITHOUT), chain, row.path, settings=settings
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


def family_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """Another model of the family."""
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


def batch_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """A batch: the computation grows, the parameters stay."""
    macs = walk.macs
    one_sample = walk.run.batch == "first" and all(shape[:1] == (1,) for shape in walk.run.input_shapes)
    if macs.value and not macs.at_least and walk.run.input_shapes and one_sample:
        found = MANY * Number(macs.value)
        said = SAME_PARAMETERS.format(total=walk.totals.params)
        yield Exercise(BATCH.format(n=MANY), (found, Number(MANY * macs.value)), "", said)


def byte_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """All parameters in bytes, in half precision."""
    found = 2 * Number(walk.totals.params)
    yield Exercise(BYTES, (found, Number(2 * walk.totals.params)))
