"""Mistakes with multi-head attention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.rewrite import drop, role, roles, times
from explainer.formula.rewrite import replace as put
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Sum, Symbol, walk
from explainer.homework.mistakes.base import COST, PARAMS, Mistake, Way, bare, each, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind


def _attends(facts: Facts) -> bool:
    return facts.kind is Kind.ATTENTION


def _heads(facts: Facts) -> int:
    heads = facts.call.option("num_heads", 4) if facts.call else 1
    return heads if isinstance(heads, int) else 1


def _no_output(form: Form, facts: Facts) -> Iterator[Way]:
    """Q, K and V only: 3 for 4, or the output's own term left out."""
    part = form.parts[0]
    if "projections" in roles(part):
        leaf = bare(facts.symbols["projections"], 3)
        yield from each(lambda p, _: put(p, {"projections": leaf}))(form, facts)
    elif facts.quantity in PARAMS and isinstance(part, Sum):
        terms = [i for i, (_, term) in enumerate(part.parts) if _of_width(term)]
        if len(terms) > 0:
            kept = part.parts[: terms[-1]] + part.parts[terms[-1] + 1 :]
            yield Way(replace(form, parts=(Sum(kept),)))
    elif facts.quantity in COST and isinstance(part, Sum):
        head = part.parts[0][1]
        if isinstance(head, Product) and head.parts[0][1] == Number(4):
            three = Product(((True, Number(3)), *head.parts[1:]))
            yield Way(replace(form, parts=(Sum(((True, three), *part.parts[1:])),)))
        elif len(part.parts) == 6:
            yield Way(replace(form, parts=(Sum(part.parts[:-1]),)))


def _of_width(term: Expr) -> bool:
    """(D+b)·D: from D features to D."""
    return isinstance(term, Product) and roles(term) <= {"D", "b", "b_o"} and role(term.children()[-1]) == "D"


def _one_projection(form: Form, facts: Facts) -> Iterator[Way]:
    if "projections" in facts.roles:
        yield from each(lambda part, _: drop(part, ("projections",)))(form, facts)


def _times_heads(form: Form, facts: Facts) -> Iterator[Way]:
    heads = _heads(facts)
    if heads > 1:
        yield from each(lambda part, _: times(part, Number(heads)), heads=heads)(form, facts)


def _per_head(form: Form, facts: Facts) -> Iterator[Way]:
    """The projections onto one head's features."""
    heads, width = _heads(facts), facts.get("D")
    if heads < 2 or "projections" not in facts.roles:
        return
    inside = bare(facts.symbols["D"], width // heads)

    def change(part: Expr, _: Facts) -> Expr | None:
        if not isinstance(part, Product) or role(part.children()[-1]) != "D":
            return None
        return Product((*part.parts[:-1], (True, inside)))

    yield from each(change, heads=heads, each=width // heads)(form, facts)


def _scores(form: Form, facts: Facts) -> Iterator[Way]:
    """Only the projections: the terms with two lengths in them left out."""
    part = form.parts[0]
    if isinstance(part, Sum) and len(part.parts) > 1:
        kept = tuple(p for p in part.parts if not _compares(p[1]))
        if 0 < len(kept) < len(part.parts):
            yield Way(replace(form, parts=(Sum(kept) if len(kept) > 1 else kept[0][1],)))


def _compares(term: Expr) -> bool:
    """N·T·S·D or N·T·T·D: every position with every other."""
    return sum(node.role is Role.TOKENS for node in walk(term) if isinstance(node, Symbol)) > 1


def _only_scores(form: Form, facts: Facts) -> Iterator[Way]:
    part = form.parts[0]
    if isinstance(part, Sum) and len(part.parts) > 1:
        kept = tuple(p for p in part.parts if _compares(p[1]))
        if 0 < len(kept) < len(part.parts):
            yield Way(replace(form, parts=(Sum(kept) if len(kept) > 1 else kept[0][1],)))


MISTAKES = (
    Mistake(
        "attention.no_output",
        "roles",
        Bi("漏了输出投影", "attention without the output projection"),
        Bi(
            "只算了Q、K、V三个投影。各头的结果拼接后还要经过一个输出层，应再加{difference}。",
            "only the projections of Q, K and V are counted. The heads' results, joined, go through an output layer too: add {difference}.",
        ),
        Bi("各头的结果拼接以后还要经过什么？", "What comes after the heads' results are joined?"),
        0.65,
        only(_attends, _no_output),
        PARAMS + COST,
    ),
    Mistake(
        "attention.one_projection",
        "roles",
        Bi("只算了一个投影", "one projection only"),
        Bi(
            "只算了一个投影。Q、K、V和输出各有一个全连接层，共4个。",
            "only one projection is counted. Q, K, V and the output each have a fully connected layer: four.",
        ),
        Bi("多头注意力里有几个全连接层？", "How many fully connected layers are there in attention?"),
        0.2,
        only(_attends, _one_projection),
        PARAMS,
    ),
    Mistake(
        "attention.times_heads",
        "roles",
        Bi("参数量乘以了头数", "multiplied by the heads"),
        Bi(
            "乘以了头数{heads}。各头只是把{D}维分成{heads}段，合起来仍是{D}维，参数量不变。",
            "this is multiplied by the {heads} heads. They only cut the {D} features into parts; together they are as large as one.",
        ),
        Bi("头数变多时，每个头的维数怎样变？", "With more heads, what becomes of the size of each?"),
        0.5,
        only(_attends, _times_heads),
        PARAMS + COST,
    ),
    Mistake(
        "attention.per_head",
        "roles",
        Bi("只算了一个头的维数", "one head's size for the whole"),
        Bi(
            "投影的输出只算了一个头的{each}维。{heads}个头合起来是{D}维。",
            "the projections are counted with the {each:feature|features} of one head. The {heads} heads together have {D}.",
        ),
        Bi("所有头合起来是多少维？", "How many features do all heads have together?"),
        0.45,
        only(_attends, _per_head),
        PARAMS,
    ),
    Mistake(
        "attention.no_scores",
        "roles",
        Bi("漏了QKᵀ和AV的计算量", "QKᵀ and AV left out"),
        Bi(
            "只算了投影。QKᵀ和注意力权重乘V（AV）也要计入。",
            "only the projections are counted. QKᵀ, and the attention weights times V, count too.",
        ),
        Bi("除了四个投影，注意力还做哪些矩阵乘法？", "Which matrix products are there besides the projections?"),
        0.5,
        only(_attends, _scores),
        COST,
    ),
    Mistake(
        "attention.only_scores",
        "roles",
        Bi("漏了投影的计算量", "the projections left out"),
        Bi("只算了QKᵀ和AV，四个投影也要计入。", "only QKᵀ and AV are counted; the four projections count too."),
        Bi("Q、K、V是怎样得到的？", "How do Q, K and V come about?"),
        0.4,
        only(_attends, _only_scores),
        COST,
    ),
)
